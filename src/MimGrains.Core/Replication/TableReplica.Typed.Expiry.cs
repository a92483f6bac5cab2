using System.Buffers;
using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

// A record expires -> its owner deletes it, as a write of its own -> it goes everywhere. Nobody else looks at the clock.
public sealed partial class TableReplica<TKey, TRecord>
{
    // How long another silo is given to delete what it owns, before this one looks whether it has died meanwhile.
    private const long RecheckMicros = 1_000_000;

    private readonly ArrayBufferWriter<byte> _expiryBody = new();

    /// <inheritdoc/>
    public override int ExpireRecords(long nowMicros, int limit)
    {
        var looked = 0;
        while (IsReady && looked < limit && _store.TryTakeExpired(nowMicros, out var entry))
        {
            looked++;
            if (!TableStore<TKey, TRecord>.IsCurrent(entry))
            {
                continue;
            }

            if (ExpiresHere(entry))
            {
                DeleteExpired(entry, nowMicros);
            }
            else
            {
                _store.ExpireLater(entry, nowMicros + RecheckMicros);
            }
        }

        return looked;
    }

    // Of an owner that is not there any more, whose records are kept, the least survivor decides.
    private bool ExpiresHere(Entry<TKey, TRecord> entry)
    {
        var owner = new ReplicaId(OwnerOf(entry.Key, entry.Record!, entry.Stamp.Owner));
        return owner == Self || (!Peers.Contains(owner) && Peers.All(peer => Self.CompareTo(peer) < 0));
    }

    private void DeleteExpired(Entry<TKey, TRecord> entry, long nowMicros)
    {
        _expiryBody.ResetWrittenCount();
        _codec.Encode(entry.Key, null, _expiryBody);
        if (IsMerging)
        {
            Delete(entry.Key, _expiryBody.WrittenSpan, nowMicros);
            return;
        }

        // Just after the write that expires: a later write of another silo, which this one has not seen, is not deleted with
        // it. That the time of the delete is long past is no harm: it can only take away what is older still.
        StartWrite(nowMicros);
        var timeMicros = entry.Stamp.TimeMicros + 1;
        var sequence = Log.Append(isDelete: true, timeMicros, _expiryBody.WrittenSpan);
        Apply(entry.Key, null, new Stamp(sequence, timeMicros, SelfNumber));
        EndWrite();
    }
}
