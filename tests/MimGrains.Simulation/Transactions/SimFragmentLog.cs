using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>How an append looks to whoever asked for it.</summary>
internal enum AppendEnd
{
    Done,

    SurelyNot,

    Unknown,

    Fenced,
}

/// <summary>What a fragment finds when it is opened.</summary>
internal sealed record SimImage(
    long Through, byte[]? Carried, IReadOnlyDictionary<string, string> Pages, IReadOnlyList<(long Number, byte[] Row)> Rows);

/// <summary>
/// The log of one fragment in a database: appends take their time, fail before or after they took effect, and go on
/// when whoever asked is dead.
/// </summary>
internal sealed class SimFragmentLog(TransactionCluster cluster)
{
    private readonly SortedDictionary<long, byte[]> _rows = [];
    private Dictionary<string, string> _pages = [];
    private byte[]? _carried;
    private long _through;

    public void Append(long number, byte[] row, Action<AppendEnd> then)
    {
        var (random, scheduler) = (cluster.Random, cluster.Scheduler);
        if (cluster.IsFaulty && random.Chance(3))
        {
            // It never takes effect, which is known, or not.
            var end = random.Chance(50) ? AppendEnd.SurelyNot : AppendEnd.Unknown;
            scheduler.After(random.Between(100, 20_000), () => then(end));
            return;
        }

        var isUnknown = cluster.IsFaulty && random.Chance(3);
        var delay = cluster.IsFaulty && random.Chance(8) ? random.Between(1_000, 120_000) : random.Between(100, 1_500);
        var said = isUnknown ? random.Between(100, 60_000) : delay + random.Between(50, 500);
        var hasInserted = false;
        scheduler.After(delay, () => hasInserted = Insert(number, row));
        scheduler.After(said, () => then(isUnknown ? AppendEnd.Unknown : hasInserted ? AppendEnd.Done : AppendEnd.Fenced));
    }

    public void Read(Action<SimImage> then) => cluster.Scheduler.After(cluster.Random.Between(200, 5_000), () =>
    {
        var image = new SimImage(
            _through, _carried, new Dictionary<string, string>(_pages), [.. _rows.Select(row => (row.Key, row.Value))]);
        cluster.Scheduler.After(cluster.Random.Between(200, 5_000), () => then(image));
    });

    public void Compact(long through, IReadOnlyDictionary<string, string> pages, byte[] carried) =>
        cluster.Scheduler.After(cluster.Random.Between(200, 30_000), () =>
        {
            if (through <= _through)
            {
                return;
            }

            (_through, _pages, _carried) = (through, new Dictionary<string, string>(pages), carried);
            foreach (var number in _rows.Keys.Where(number => number <= through).ToList())
            {
                _rows.Remove(number);
            }
        });

    private bool Insert(long number, byte[] row)
    {
        if (cluster.Fault == TransactionFault.RowsAreOverwritten && number > _through)
        {
            _rows[number] = row;
            return true;
        }

        return number > _through && _rows.TryAdd(number, row);
    }
}
