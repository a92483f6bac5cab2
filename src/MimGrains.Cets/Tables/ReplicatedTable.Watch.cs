using System.Runtime.CompilerServices;
using MimGrains.Core.Identity;
using MimGrains.Core.Watch;
using MimGrains.Operation;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

// record changes -> under the lock: capture a view, note the position -> list the view -> read the log, wait for a change, read...
internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    private const int ChangesPerRead = 512;

    // Completed by the next change; null when nobody waits for one. Needs the table's lock.
    private TaskCompletionSource? _nextChange;
    private int _watches;
    private long _lastWatchEndedMs;

    public WriteToken LastWrite
    {
        get
        {
            lock (Gate)
            {
                return new WriteToken(_replica.Self.Value, _replica.LastSequence);
            }
        }
    }

    public async Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken = default)
    {
        if (token.Silo is { } silo)
        {
            await WaitUntilAppliedAsync(
                new VersionVector([KeyValuePair.Create(new ReplicaId(silo), token.Sequence)]),
                $"write {token.Sequence} of {silo}",
                cancellationToken);
        }
    }

    public Task ReadAfterAsync(WatchToken token, CancellationToken cancellationToken = default)
    {
        var seen = ToPosition(WatchPositionData.Parse(Name, token));
        return WaitUntilAppliedAsync(seen.Known, $"all that was seen at {seen.Replica}", cancellationToken);
    }

    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null,
        WatchToken? from = null,
        CancellationToken cancellationToken = default) =>
        Watch(filter ?? (_ => true), from is { } token ? WatchPositionData.Parse(Name, token) : null, cancellationToken);

    public override IAsyncEnumerable<TableChangeText> WatchTextAsync(CancellationToken cancellationToken) =>
        WatchAsync(filter: null, from: null, cancellationToken).Select(change => new TableChangeText(
            change.Kind,
            change.Kind is TableEventKind.Synced or TableEventKind.OwnerLost ? "" : $"{change.Key}",
            change.Old?.ToString(),
            change.New?.ToString(),
            change.Owner));

    /// <summary>Watches the keys of a range.</summary>
    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        KeyRange<TKey> range, WatchToken? from, CancellationToken cancellationToken) => WatchAsync(
            entry => !range.IsBelow(entry.Key, _definition.Order) && !range.IsAbove(entry.Key, _definition.Order),
            from,
            cancellationToken);

    public override void StopIdleRecording()
    {
        lock (Gate)
        {
            if (_replica.IsRecording && _watches == 0 && !_definition.KeepsChanges
                && NowMs() - _lastWatchEndedMs > Options.ChangeLogLinger.TotalMilliseconds)
            {
                _replica.StopRecording();
            }
        }
    }

    protected override void OnReady_NeedsGate()
    {
        if (_definition.KeepsChanges)
        {
            Record_NeedsGate();
        }
    }

    protected override void OnClosed()
    {
        lock (Gate)
        {
            Wake_NeedsGate();
        }
    }

    private async IAsyncEnumerable<TableEvent<TKey, TRecord>> Watch(
        Func<TableEntry<TKey, TRecord>, bool> filter,
        WatchPositionData? from,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await WaitUntilReadable(cancellationToken);
        BeginWatch();
        try
        {
            WatchPosition at;
            if (from is null)
            {
                Core.Replication.TableView<TKey, TRecord> view;
                lock (Gate)
                {
                    at = _replica.BeginWatch();
                    view = _replica.Capture();
                }

                foreach (var (key, record) in Entries(view.All()).Where(filter))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return new() { Kind = TableEventKind.Listed, Key = key, New = record };
                }

                yield return Synced(at);
            }
            else
            {
                at = await ResumeAsync(ToPosition(from), cancellationToken);
            }

            List<Change<TKey, TRecord>> changes = [];
            while (true)
            {
                var before = at;
                at = await ReadAsync(at, ChangesPerRead, changes, endsWithMark: false, cancellationToken);
                foreach (var change in ToEvents(changes.Where(change => Matches(change, filter)), before, at))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return change;
                }

                changes.Clear();
            }
        }
        finally
        {
            EndWatch();
        }
    }

    private async Task WaitUntilAppliedAsync(VersionVector vector, string what, CancellationToken cancellationToken)
    {
        try
        {
            await WaitUntilAppliedAsync(vector, Options.WriteTimeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TableUnavailableException(Name, $"{what} did not come within {Options.WriteTimeout.TotalMilliseconds:0} ms");
        }
    }

    private async Task WaitUntilReadable(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (!_replica.IsReady)
        {
            await Ready.WaitAsync(cancellationToken);
        }
    }

    private async Task<WatchPosition> ResumeAsync(WatchPosition from, CancellationToken cancellationToken)
    {
        try
        {
            await WaitUntilAppliedAsync(from.Known, Options.WriteTimeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new SnapshotRequiredException(Name, $"this silo has not applied what was seen at {from.Replica}");
        }

        lock (Gate)
        {
            return _replica.ResumeWatch(from)
                ?? throw new SnapshotRequiredException(Name, $"this silo has not kept all changes after those seen at {from.Replica}");
        }
    }

    private async Task<WatchPosition> ReadAsync(
        WatchPosition at, int limit, List<Change<TKey, TRecord>> changes, bool endsWithMark, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (Gate)
            {
                at = _replica.ReadChanges(at, limit, changes) ?? throw new SnapshotRequiredException(
                    Name,
                    $"more changes came that were not read than are kept: {Options.ChangeLogMaxChanges}, " +
                    $"or {Options.ChangeLogMaxBytes} bytes of them");
                if (changes.Count > 0 || (endsWithMark && _isMarkDue))
                {
                    return at;
                }

                ThrowIfClosed();
                changed = (_nextChange ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void BeginWatch()
    {
        lock (Gate)
        {
            _watches++;
            Record_NeedsGate();
        }
    }

    private void EndWatch()
    {
        lock (Gate)
        {
            _watches--;
            _lastWatchEndedMs = NowMs();
        }
    }

    private void Record_NeedsGate() =>
        _replica.RecordChanges(Options.ChangeLogMaxChanges, Options.ChangeLogMaxBytes, Wake_NeedsGate);

    private void Wake_NeedsGate()
    {
        if (_nextChange is { } waiting)
        {
            _nextChange = null;
            waiting.TrySetResult();
        }
    }

    private void ThrowIfClosed()
    {
        if (ClosedReason is { } reason)
        {
            throw new TableUnavailableException(Name, reason);
        }
    }

    // A mark concerns everybody; so does a loss of which the record is not known here.
    private static bool Matches(Change<TKey, TRecord> change, Func<TableEntry<TKey, TRecord>, bool> filter) =>
        (change.Old is null && change.New is null)
        || (change.Old is { } old && filter(new(change.Key, old)))
        || (change.New is { } now && filter(new(change.Key, now)));

    private TableEvent<TKey, TRecord> Synced(WatchPosition at) =>
        new() { Kind = TableEventKind.Synced, Position = ToData(at), Next = at.Next };

    private IEnumerable<TableEvent<TKey, TRecord>> ToEvents(
        IEnumerable<Change<TKey, TRecord>> changes, WatchPosition before, WatchPosition after)
    {
        // An event in the middle has seen for sure what was seen before the read only, and at most what was seen after it.
        var last = ToData(after);
        var middle = ToData(after with { Seen = before.Seen, Gone = before.Gone });
        return changes.Select(change => ToEvent(change, change.Number + 1 == after.Next ? last : middle));
    }

    private static TableEvent<TKey, TRecord> ToEvent(Change<TKey, TRecord> change, WatchPositionData position) => new()
    {
        Kind = change.Kind switch
        {
            ChangeKind.Inserted => TableEventKind.Inserted,
            ChangeKind.Updated => TableEventKind.Updated,
            ChangeKind.Deleted => TableEventKind.Deleted,
            ChangeKind.Lost => TableEventKind.Lost,
            ChangeKind.OwnerLost => TableEventKind.OwnerLost,
            _ => throw new InvalidOperationException($"No such kind of change: {change.Kind}."),
        },
        Key = change.Key,
        Old = change.Old,
        New = change.New,
        Owner = change.Owner,
        Position = position,
        Next = change.Number + 1,
    };

    private WatchPositionData ToData(WatchPosition at) => new(
        Name, at.Replica.Value, at.Next, ToDictionary(at.Seen), ToDictionary(at.Known), [.. at.Gone], at.Settled);

    private static WatchPosition ToPosition(WatchPositionData data) => new(
        new ReplicaId(data.Replica), data.Next, ToVector(data.Seen), ToVector(data.Known), data.Gone, data.Settled);

    private static Dictionary<string, long> ToDictionary(VersionVector vector) =>
        vector.Positions.ToDictionary(position => position.Key.Value, position => position.Value);

    private static VersionVector ToVector(Dictionary<string, long> positions) =>
        new(positions.Select(position => KeyValuePair.Create(new ReplicaId(position.Key), position.Value)));
}
