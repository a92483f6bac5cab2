using MimGrains.Core.Store;

namespace MimGrains.Core.Watch;

/// <summary>
/// The last changes of a replica, in the order in which it applied them. A ring: the oldest give way to new ones, whoever
/// reads. Needs the replica's lock.
/// </summary>
internal sealed class ChangeLog<TKey, TRecord>(int capacity, long first, int origins)
    where TRecord : class
{
    private readonly LoggedChange<TKey, TRecord>[] _ring = new LoggedChange<TKey, TRecord>[capacity];

    // Of each origin: the last write among the changes that have given way.
    private long[] _dropped = new long[origins];

    /// <summary>The number of the oldest change that is kept.</summary>
    public long First { get; private set; } = first;

    /// <summary>The number that the next change gets.</summary>
    public long Next { get; private set; } = first;

    /// <summary>
    /// Whether a change without a write of its own (the owner's death) has given way: what a reader from elsewhere has seen of
    /// it cannot be told.
    /// </summary>
    public bool HasDroppedLoss { get; private set; }

    /// <summary>Whether any change has given way.</summary>
    public bool HasDropped { get; private set; }

    /// <summary>Called, under the lock, after a change.</summary>
    public Action? OnChange { get; set; }

    public void Add(in LoggedChange<TKey, TRecord> change)
    {
        if (Next - First == capacity)
        {
            Drop();
        }

        _ring[Next++ % capacity] = change;
        OnChange?.Invoke();
    }

    public ref readonly LoggedChange<TKey, TRecord> At(long number) => ref _ring[number % capacity];

    /// <summary>The last write of an origin among the changes that have given way; 0 if there is none.</summary>
    public long DroppedOf(int origin) => origin < _dropped.Length ? _dropped[origin] : 0;

    private void Drop()
    {
        ref var oldest = ref _ring[First++ % capacity];
        HasDropped = true;
        if (oldest.HasWrite)
        {
            var stamp = oldest.New!.Stamp;
            if (stamp.Origin >= _dropped.Length)
            {
                Array.Resize(ref _dropped, Math.Max(stamp.Origin + 1, _dropped.Length * 2));
            }

            _dropped[stamp.Origin] = Math.Max(_dropped[stamp.Origin], stamp.Sequence);
        }
        else
        {
            HasDroppedLoss = true;
        }

        oldest = default;
    }
}

/// <summary>
/// What became of a key; or, without a new entry, that the records of an owner are going to be removed. A quiet one has changed
/// nothing here: only who has read elsewhere before must be told.
/// </summary>
internal readonly record struct LoggedChange<TKey, TRecord>(
    Entry<TKey, TRecord>? Old, Entry<TKey, TRecord>? New, string? LostOwner, bool IsLoss, bool IsQuiet = false)
    where TRecord : class
{
    /// <summary>
    /// Whether a write made it, so that a reader who has seen that write has seen this. A record that goes with its owner, or
    /// is mended away, keeps the stamp that it had.
    /// </summary>
    public bool HasWrite => New is not null && !IsLoss && (Old is null || Old.Stamp != New.Stamp);
}
