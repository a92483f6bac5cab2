using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>What one client sees in its watch of the sessions of a server; begins anew when it is told to.</summary>
internal sealed class WatchRecorder
{
    private readonly ITableClient<SessionKey, SessionRecord> _table;
    private readonly string _server;
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, int> _held = [];
    private readonly Dictionary<SessionKey, HashSet<int>> _seen = [];
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private int _changes;
    private int _restarts;

    private WatchRecorder(ITableClient<SessionKey, SessionRecord> table, string server) => (_table, _server) = (table, server);

    /// <summary>Returns how many changes were seen.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>Returns how often the watch was told that changes are missing.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    /// <summary>Returns when everything that was there is listed.</summary>
    public static async Task<WatchRecorder> StartAsync(
        ITableClient<SessionKey, SessionRecord> table, string server, CancellationToken cancellationToken)
    {
        var recorder = new WatchRecorder(table, server);
        recorder._running = Task.Run(() => recorder.RunAsync(cancellationToken), CancellationToken.None);
        await await Task.WhenAny(recorder._synced.Task, recorder._running).WaitAsync(Eventually.Patience, cancellationToken);
        return recorder;
    }

    /// <summary>Returns the values of a key that were seen.</summary>
    public IReadOnlyCollection<int> SeenOf(SessionKey key)
    {
        lock (_gate)
        {
            return [.. _seen.GetValueOrDefault(key) ?? []];
        }
    }

    /// <summary>Completes when so many changes were seen in all.</summary>
    public Task SeesAsync(int changes) => WhenAsync(() => Changes, seen => seen >= changes, $"{changes} changes to be seen");

    /// <summary>Completes when what was seen adds up to these records.</summary>
    public Task HoldsAsync(Dictionary<SessionKey, int> records) => WhenAsync(
        () =>
        {
            lock (_gate)
            {
                return string.Join(", ", _held.Except(records).Concat(records.Except(_held)));
            }
        },
        differences => differences.Length == 0,
        "what was seen to be what is there");

    private Task WhenAsync<T>(Func<T> ask, Func<T, bool> wanted, string what) => Eventually.HoldsAsync(
        async () =>
        {
            await (_running.IsFaulted ? _running : Task.CompletedTask);
            return ask();
        },
        wanted,
        what);

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await foreach (var change in _table.WatchAsync(cancellationToken: cancellationToken))
                {
                    See(change);
                }
            }
            catch (SnapshotRequiredException)
            {
                Interlocked.Increment(ref _restarts);
                lock (_gate)
                {
                    _held.Clear();
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void See(TableEvent<SessionKey, SessionRecord> change)
    {
        if (change.Kind == TableEventKind.Synced)
        {
            _synced.TrySetResult();
        }

        if (change.Kind is TableEventKind.Synced or TableEventKind.OwnerLost || change.Key.Server != _server)
        {
            return;
        }

        lock (_gate)
        {
            if (change.New is { } record)
            {
                _held[change.Key] = record.Priority!.Value;
                _seen.TryAdd(change.Key, []);
                _seen[change.Key].Add(record.Priority!.Value);
            }
            else
            {
                _held.Remove(change.Key);
            }
        }

        Interlocked.Increment(ref _changes);
    }
}
