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
        if (Changes is not { } changes)
        {
            return;
        }

        // Deleting what is not there changes nothing here. But a replica that had not seen the delete may have shown a record that
        // it takes away, and that comes here too late to be shown: whoever has seen it there and goes on here must be told.
        var isQuiet = IsMerging ? ReferenceEquals(old?.Record, entry.Record) : entry.IsTombstone && old is not { IsTombstone: false };
        if (!isQuiet || !IsMerging || HasMoreRemovals(old, entry))
        {
            changes.Add(new LoggedChange<TKey, TRecord>(old, entry, LostOwner: null, IsLoss: false, isQuiet));
        }
    }

    // Not so when what siblings have replaced is only forgotten.
    private static bool HasMoreRemovals(Entry<TKey, TRecord>? old, Entry<TKey, TRecord> entry) =>
        ((SiblingEntry<TKey, TRecord>)entry).Removals.Length > ((old as SiblingEntry<TKey, TRecord>)?.Removals.Length ?? 0);
}
