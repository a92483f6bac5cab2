using System.Globalization;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Persistent;
using CoreId = MimGrains.Core.Transactions.TransactionId;

namespace MimGrains.Mnesia.Transactions;

/// <summary>The numbers of this silo's transactions, and what became of the last ones. Thread-safe.</summary>
internal sealed class TransactionLedger(ILocalSiloDetails self, TimeProvider time)
{
    private const int OutcomesMost = 100_000;

    private static readonly TimeSpan OutcomesKept = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly OperationWindow _window = new(new ReplicaId(self.SiloAddress.ToParsableString()));
    private readonly Dictionary<string, TransactionOutcome> _outcomes = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long EndedAt)> _ended = new();

    /// <summary>Returns the first transaction that is not finished; all before it are, everywhere.</summary>
    public long FirstOpen
    {
        get
        {
            lock (_gate)
            {
                return _window.FirstOpen;
            }
        }
    }

    public static string NameOf(CoreId id) => string.Create(CultureInfo.InvariantCulture, $"{id.Coordinator}#{id.Number}");

    public CoreId Begin()
    {
        lock (_gate)
        {
            var id = _window.Open();
            return new CoreId(id.Caller, id.Number);
        }
    }

    /// <summary>Nothing of an attempt is left to be done.</summary>
    public void Close(CoreId id)
    {
        lock (_gate)
        {
            _window.Close(new OperationId(id.Coordinator, id.Number));
        }
    }

    /// <summary>A transaction has ended; <paramref name="name"/> is that of its first attempt, or of the one in doubt.</summary>
    public void Note(string name, TransactionOutcome outcome)
    {
        lock (_gate)
        {
            _outcomes[name] = outcome;
            _ended.Enqueue((name, time.GetTimestamp()));
            while (_ended.TryPeek(out var oldest)
                && (_ended.Count > OutcomesMost || time.GetElapsedTime(oldest.EndedAt) > OutcomesKept))
            {
                _outcomes.Remove(_ended.Dequeue().Id);
            }
        }
    }

    public TransactionOutcome OutcomeOf(string name)
    {
        lock (_gate)
        {
            return _outcomes.GetValueOrDefault(name);
        }
    }
}
