namespace MimGrains.Simulation;

internal sealed partial class SimNode
{
    private const int ExpiriesPerTick = 3;

    private readonly List<(SimKey Key, List<(MimGrains.Core.Identity.ReplicaId, long)> Replaced)> _expired = [];

    /// <summary>How many records this node has deleted because they had expired.</summary>
    public int Expired { get; private set; }

    private void StepExpiry()
    {
        if (!_cluster.Expires || IsPaused || _cluster.Fault == Fault.NothingExpires)
        {
            return;
        }

        for (var i = 0; i < ExpiriesPerTick; i++)
        {
            var before = Replica.LastSequence;
            _expired.Clear();
            _codec.Deleting = NoteExpiry;
            var looked = Replica.ExpireRecords(NowMicros, limit: 1);
            _codec.Deleting = null;
            if (Replica.LastSequence > before)
            {
                var (key, replaced) = _expired.Single();
                var timeMicros = Replica.IsMerging ? Replica.LastMicros : Replica.WriteOf(key)!.Value.TimeMicros;
                _cluster.OnExpired(new Operation(key, null, Id, Replica.LastSequence, timeMicros) { Replaced = replaced });
                Expired++;
            }

            if (looked == 0)
            {
                break;
            }
        }
    }

    // Just before the delete. The log of changes may encode it once more, to measure it.
    private void NoteExpiry(SimKey key)
    {
        if (_expired.Count > 0 && _expired[^1].Key == key)
        {
            return;
        }

        Replica.TryGet(key, out var record);
        var writtenAt = Replica.WriteOf(key)?.TimeMicros;
        if (record is null || SimTable.TimeToLiveOf(key, record) is not { } timeToLive
            || writtenAt + (timeToLive.Ticks / TimeSpan.TicksPerMicrosecond) > NowMicros)
        {
            throw new InvariantException($"{Id} lets {key} = {record} expire at {NowMicros}, which was written at {writtenAt}.");
        }

        _expired.Add((key, [.. Replica.WritesOf(key).Select(write => (write.Origin, write.Sequence))]));
    }
}
