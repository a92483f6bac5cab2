using MimGrains.Core.Store;

namespace MimGrains.Core.Watch;

/// <summary>
/// The last changes of a replica, in the order in which it applied them. A ring, bounded by count and by bytes: the oldest give
/// way to new ones, whoever reads; only the newest one always stays. Needs the replica's lock.
/// </summary>
/// <param name="capacity">How many changes are kept at most.</param>
/// <param name="maxBytes">How many bytes their keys and records take at most.</param>
/// <param name="first">The number of the first change.</param>
/// <param name="origins">How many origins there are so far.</param>
/// <param name="sizeOf">Returns how many bytes the key and record of an entry take, or more.</param>
internal sealed class ChangeLog<TKey, TRecord>(int capacity, long maxBytes, long first, int origins, Func<Entry<TKey, TRecord>, int> sizeOf)
    where TRecord : class
{
    // What a change takes beside keys and records.
    private const int ChangeBytes = 64;

    private readonly LoggedChange<TKey, TRecord>[] _ring = new LoggedChange<TKey, TRecord>[capacity];

    // Of each origin: the last write among the changes that have given way.
    private long[] _dropped = new long[origins];

    private long _bytes;

    /// <summary>Up to this size of a record no log of these bounds is too large in bytes.</summary>
    public static long AlwaysFits(int capacity, long maxBytes) => ((maxBytes / capacity) - ChangeBytes) / 2;

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
        var bytes = ChangeBytes + SizeOf(change.Old) + (change.IsBurial ? 0 : SizeOf(change.New));
        while (Next - First == capacity || (Next > First && _bytes + bytes > maxBytes))
        {
            Drop();
        }

        _bytes += bytes;
        _ring[Next++ % capacity] = change with
        {
            Bytes = bytes,
            HadRecord = change.Old is { IsTombstone: false },
            HasRecord = !change.IsBurial && change.New is { IsTombstone: false },
        };
        OnChange?.Invoke();
    }

    public ref readonly LoggedChange<TKey, TRecord> At(long number) => ref _ring[number % capacity];

    /// <summary>The last write of an origin among the changes that have given way; 0 if there is none.</summary>
    public long DroppedOf(int origin) => origin < _dropped.Length ? _dropped[origin] : 0;

    private long SizeOf(Entry<TKey, TRecord>? entry) => entry is null ? 0 : sizeOf(entry);

    private void Drop()
    {
        ref var oldest = ref _ring[First++ % capacity];
        _bytes -= oldest.Bytes;
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
/// What became of a key; or, without a new entry, that the records of an owner are going to be removed. An entry in its own place
/// is about to be buried. A quiet one has changed nothing here: only who has read elsewhere before must be told.
/// </summary>
internal readonly record struct LoggedChange<TKey, TRecord>(
    Entry<TKey, TRecord>? Old, Entry<TKey, TRecord>? New, string? LostOwner, bool IsLoss, bool IsQuiet = false)
    where TRecord : class
{
    /// <summary>What it takes in the log; set there.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether there was a record; set in the log, as the entry may be buried later.</summary>
    public bool HadRecord { get; init; }

    /// <summary>Whether there was a record afterwards; set in the log.</summary>
    public bool HasRecord { get; init; }

    public bool IsBurial => New is not null && ReferenceEquals(Old, New);

    /// <summary>
    /// Whether a write made it, so that a reader who has seen that write has seen this. A record that goes with its owner, or
    /// is mended away, keeps the stamp that it had.
    /// </summary>
    public bool HasWrite => New is not null && !IsLoss && (Old is null || Old.Stamp != New.Stamp);
}
