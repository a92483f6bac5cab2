using System.Buffers;
using MimGrains.Core.Identity;
using MimGrains.Core.Store;
using MimGrains.Core.Watch;

namespace MimGrains.Core.Replication;

// record -> capture a view, begin to watch -> read, read... -> (elsewhere, or later) resume -> read...
public sealed partial class TableReplica<TKey, TRecord>
{
    private readonly ArrayBufferWriter<byte> _measured = new();

    // Of all writes that this replica has ever had, key and record encoded.
    private int _largestWriteBytes;
    private long _nextChange;
    private VersionVector _recordedFrom = VersionVector.Empty;
    private string[] _deadWhenRecordingBegan = [];
    private string[] _swept = [];

    // The change by which a record was last mended away; before all if that was not recorded.
    private long? _lastMendedAway;

    /// <summary>Returns whether changes are recorded.</summary>
    public bool IsRecording => _store.Changes is not null;

    /// <summary>Records changes from now on, the last ones of them. Does nothing if they are recorded already.</summary>
    /// <param name="capacity">How many changes are kept.</param>
    /// <param name="maxBytes">How many bytes their keys and records take at most, encoded.</param>
    /// <param name="onChange">Called after every change, under the replica's lock: must be short.</param>
    public void RecordChanges(int capacity, long maxBytes, Action onChange)
    {
        if (IsRecording)
        {
            return;
        }

        // Numbers go on, with a gap: who had read everything before has missed what was not recorded.
        var alwaysFits = ChangeLog<TKey, TRecord>.AlwaysFits(capacity, maxBytes);
        _store.Changes = new ChangeLog<TKey, TRecord>(
            capacity, maxBytes, ++_nextChange, Origins.All().Count, entry => SizeInLog(entry, alwaysFits)) { OnChange = onChange };
        _recordedFrom = Vector();
        _deadWhenRecordingBegan = [.. _deadOwners];
    }

    /// <summary>Records no more changes; those that were recorded are gone.</summary>
    public void StopRecording()
    {
        _nextChange = _store.Changes?.Next ?? _nextChange;
        _store.Changes = null;
    }

    /// <summary>Begins to read changes: those that come after this moment. Needs that they are recorded.</summary>
    public WatchPosition BeginWatch()
    {
        var now = Vector();
        return new WatchPosition(Self, Log_NeedsRecording().Next, now, now.Join(UpperVector()), _swept, Settled: 0);
    }

    /// <summary>
    /// Goes on where a reader has stopped, here or at another replica. What a reader from another replica has seen may come
    /// once more; that it has seen everything in the end is sure.
    /// </summary>
    /// <returns>
    /// Null when changes after the position are not kept any more, or when the reader has seen something that this replica has
    /// not applied (see <see cref="TableReplica.HasApplied"/>) or never will, as its origin died.
    /// </returns>
    public WatchPosition? ResumeWatch(WatchPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        var changes = Log_NeedsRecording();
        if (position.Replica == Self)
        {
            return position.Next >= changes.First && position.Next <= changes.Next ? position : null;
        }

        IEnumerable<string> mustBeGone = changes.HasDroppedLoss ? _deadOwners : _deadWhenRecordingBegan;
        if (position.Next < position.Settled || mustBeGone.Except(position.Gone).Any() || _lastMendedAway < changes.First
            || !position.Seen.Covers(_recordedFrom) || !Vector().Covers(position.Known)
            || (IsMerging && changes.HasDropped))
        {
            return null;
        }

        var seen = Origins.All().Select(position.Seen.Of).ToArray();
        for (var origin = 0; origin < seen.Length; origin++)
        {
            if (changes.DroppedOf(origin) > seen[origin])
            {
                return null;
            }
        }

        // All before the first that it has not seen make the same records in whatever order; from there on the order counts.
        // Where writes merge, a record does not tell which of them changed it last: everything is told again.
        var next = changes.First;
        while (!IsMerging && next < changes.Next && IsSeen(changes.At(next), seen, position.Gone))
        {
            next++;
        }

        return position with { Replica = Self, Next = next, Settled = changes.Next };
    }

    /// <summary>Reads the next changes.</summary>
    /// <param name="at">From where.</param>
    /// <param name="limit">The most changes to read.</param>
    /// <param name="output">Where they are added.</param>
    /// <returns>Where the next read begins; null when changes after the position are not kept any more.</returns>
    public WatchPosition? ReadChanges(WatchPosition at, int limit, ICollection<Change<TKey, TRecord>> output)
    {
        ArgumentNullException.ThrowIfNull(at);
        ArgumentNullException.ThrowIfNull(output);
        if (_store.Changes is not { } changes || at.Replica != Self || at.Next < changes.First)
        {
            return null;
        }

        if (at.Next == changes.Next)
        {
            return at;
        }

        var end = at.Next;
        for (var left = limit; end < changes.Next && left > 0; end++)
        {
            ref readonly var change = ref changes.At(end);
            if (!change.IsQuiet || end < at.Settled)
            {
                output.Add(ToChange(end, change));
                left--;
            }
        }

        var known = Vector();
        var isAll = end == changes.Next;
        return new WatchPosition(
            Self, end, isAll ? known : at.Seen, known.Join(UpperVector()), isAll ? _swept : at.Gone, at.Settled);
    }

    private void NoteWriteSize(int bytes) => _largestWriteBytes = Math.Max(_largestWriteBytes, bytes);

    // Measured only where that can matter: as long as no write of the table was large, the most of them all stands for each.
    // What merges is made of several writes, and may be larger than each.
    private int SizeInLog(Entry<TKey, TRecord> entry, long alwaysFits)
    {
        if (!IsMerging && _largestWriteBytes <= alwaysFits)
        {
            return _largestWriteBytes;
        }

        _measured.ResetWrittenCount();
        _codec.Encode(entry.Key, entry.Record, _measured);
        foreach (var sibling in (entry as SiblingEntry<TKey, TRecord>)?.Siblings ?? [])
        {
            _codec.Encode(entry.Key, sibling.Record, _measured);
        }

        return _measured.WrittenCount;
    }

    private ChangeLog<TKey, TRecord> Log_NeedsRecording() =>
        _store.Changes ?? throw new InvalidOperationException($"Replica {Self} does not record its changes.");

    private void NoteMendedAway() => _lastMendedAway = _store.Changes is { } changes ? changes.Next - 1 : long.MinValue;

    private void RecordOwnerLost(ReplicaId owner) =>
        _store.Changes?.Add(new LoggedChange<TKey, TRecord>(Old: null, New: null, owner.Value, IsLoss: false));

    private bool IsSeen(in LoggedChange<TKey, TRecord> change, long[] seen, IReadOnlyList<string> gone)
    {
        if (change.HasWrite)
        {
            return change.New!.Stamp.Sequence <= seen[change.New.Stamp.Origin];
        }

        return change is { LostOwner: { } owner } ? gone.Contains(owner)
            : change.Old is { Record: { } record } old && gone.Contains(OwnerOf(old.Key, record, old.Stamp.Owner));
    }

    private static Change<TKey, TRecord> ToChange(long number, in LoggedChange<TKey, TRecord> change)
    {
        if (change.New is not { } entry)
        {
            return new(ChangeKind.OwnerLost, number, default!, Old: null, New: null, change.LostOwner);
        }

        var kind = !change.HasRecord
            ? change.HasWrite ? ChangeKind.Deleted : ChangeKind.Lost
            : change.IsLoss || change.HadRecord ? ChangeKind.Updated : ChangeKind.Inserted;
        return new(
            kind,
            number,
            entry.Key,
            change.HadRecord ? change.Old!.Record : null,
            change.HasRecord ? entry.Record : null,
            Owner: null);
    }
}
