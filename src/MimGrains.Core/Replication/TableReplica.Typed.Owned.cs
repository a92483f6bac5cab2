using MimGrains.Core.Identity;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    /// <summary>Returns the records of this moment that belong to an owner, ascending; to be enumerated without the lock.</summary>
    public IEnumerable<KeyValuePair<TKey, TRecord>> CaptureOwnedBy(ReplicaId owner) =>
        OwnedBy(_store.Capture().All(), owner.Value, Origins.NumberOf(owner));

    private IEnumerable<KeyValuePair<TKey, TRecord>> OwnedBy(OrderedIndex<TKey, TRecord>.Cursor cursor, string owner, int number)
    {
        while (cursor.MoveNext())
        {
            var entry = cursor.Current;
            var declared = DeclaredOwnerOf(entry.Key, entry.Record!);
            if (declared is null ? entry.Stamp.Owner == number : declared == owner)
            {
                yield return new(entry.Key, entry.Record!);
            }
        }
    }
}
