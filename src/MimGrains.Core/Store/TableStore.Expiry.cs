using System.Diagnostics.CodeAnalysis;

namespace MimGrains.Core.Store;

internal sealed partial class TableStore<TKey, TRecord>
{
    // What was written over stays in the queue until it is due, or until it is more than what is current.
    private const int StaleMost = 1_024;

    private readonly PriorityQueue<Entry<TKey, TRecord>, long>? _expiring;

    /// <summary>Takes out the next entry that expires by a time; it may have been written over.</summary>
    public bool TryTakeExpired(long nowMicros, [MaybeNullWhen(false)] out Entry<TKey, TRecord> entry)
    {
        entry = null;
        return _expiring is not null && _expiring.TryPeek(out entry, out var dueMicros) && dueMicros <= nowMicros
            && _expiring.TryDequeue(out entry, out _);
    }

    /// <summary>Puts an entry that was taken out back, until a later time.</summary>
    public void ExpireLater(Entry<TKey, TRecord> entry, long dueMicros) => _expiring!.Enqueue(entry, dueMicros);

    private void PlanExpiry(Entry<TKey, TRecord> entry)
    {
        if (_expiring is null || entry.Record is null || TimeToLiveOf(entry) is not { } timeToLive)
        {
            return;
        }

        _expiring.Enqueue(entry, entry.Stamp.TimeMicros + (timeToLive.Ticks / TimeSpan.TicksPerMicrosecond));
        if (_expiring.Count > (2 * _count) + StaleMost)
        {
            var current = _expiring.UnorderedItems.Where(item => IsCurrent(item.Element)).ToArray();
            _expiring.Clear();
            _expiring.EnqueueRange(current);
        }
    }

    private TimeSpan? TimeToLiveOf(Entry<TKey, TRecord> entry)
    {
        try
        {
            return _schema.TimeToLive!(entry.Key, entry.Record!);
        }
        catch (Exception exception)
        {
            _schema.OnFault?.Invoke($"the time to live fails for key {entry.Key}, which does not expire: {exception.Message}");
            return null;
        }
    }
}
