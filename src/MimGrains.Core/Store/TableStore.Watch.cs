using MimGrains.Core.Watch;

namespace MimGrains.Core.Store;

internal sealed partial class TableStore<TKey, TRecord>
{
    /// <summary>Where changes are recorded; null while nobody watches.</summary>
    public ChangeLog<TKey, TRecord>? Changes { get; set; }

    /// <summary>Records that a write was dropped as it came, since its owner is dead: others may have seen its record.</summary>
    public void RecordLoss(TKey key)
    {
        if (Changes is { } changes && EntryOf(key) is { } entry)
        {
            changes.Add(new LoggedChange<TKey, TRecord>(Old: null, entry, LostOwner: null, IsLoss: true));
        }
    }

    private void Record(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry)
    {
        // Deleting what is not there changes nothing, nor does forgetting what siblings have replaced.
        if (Changes is { } changes && (!entry.IsTombstone || old is { IsTombstone: false })
            && !(IsMerging && ReferenceEquals(old?.Record, entry.Record)))
        {
            changes.Add(new LoggedChange<TKey, TRecord>(old, entry, LostOwner: null, IsLoss: false));
        }
    }
}
