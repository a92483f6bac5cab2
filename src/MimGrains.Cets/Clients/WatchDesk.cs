using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace MimGrains.Cets.Clients;

/// <summary>Keeps the watches of clients on this silo, until they end or are not read any more. Thread-safe.</summary>
internal sealed class WatchDesk : IDisposable
{
    // A client that does not ask for so long has gone.
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CleanPeriod = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Guid, RemoteWatch> _watches = new();
    private readonly TimeProvider _time;
    private readonly ITimer _cleaning;
    private readonly int _eventsPerCall;

    public WatchDesk(IOptions<ReplicationOptions> options, TimeProvider time)
    {
        _time = time;
        _cleaning = time.CreateTimer(_ => Clean(), null, CleanPeriod, CleanPeriod);
        _eventsPerCall = options.Value.EventsPerMessage;
    }

    public int Count => _watches.Count;

    public Guid Begin<TEvent>(Func<CancellationToken, IAsyncEnumerable<TEvent>> watch)
    {
        var id = Guid.NewGuid();
        _watches[id] = new RemoteWatch<TEvent>(watch, _eventsPerCall, _time);
        return id;
    }

    public RemoteWatch<TEvent>? Find<TEvent>(Guid id) => _watches.GetValueOrDefault(id) as RemoteWatch<TEvent>;

    public void End(Guid id)
    {
        if (_watches.TryRemove(id, out var watch))
        {
            // Not waited for: it ends as soon as a call that reads it has returned.
            watch.DisposeAsync().AsTask().Ignore();
        }
    }

    public void Dispose()
    {
        _cleaning.Dispose();
        foreach (var id in _watches.Keys)
        {
            End(id);
        }
    }

    private void Clean()
    {
        foreach (var (id, watch) in _watches)
        {
            if (watch.IdleTime > IdleLimit)
            {
                End(id);
            }
        }
    }
}

/// <summary>A watch that a client reads call by call.</summary>
internal abstract class RemoteWatch(TimeProvider time) : IAsyncDisposable
{
    private long _lastAskedAt = time.GetTimestamp();

    public TimeSpan IdleTime => time.GetElapsedTime(Volatile.Read(ref _lastAskedAt));

    /// <summary>Ends the watch.</summary>
    public abstract ValueTask DisposeAsync();

    protected void Touch() => Volatile.Write(ref _lastAskedAt, time.GetTimestamp());
}

/// <inheritdoc/>
internal sealed class RemoteWatch<TEvent> : RemoteWatch
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _ending = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly IAsyncEnumerator<TEvent> _events;
    private readonly TimeProvider _time;
    private readonly int _eventsPerCall;

    // The move that was still waiting for a change when the call before ended.
    private Task<bool>? _moving;

    public RemoteWatch(Func<CancellationToken, IAsyncEnumerable<TEvent>> watch, int eventsPerCall, TimeProvider time)
        : base(time)
    {
        _events = watch(_ending.Token).GetAsyncEnumerator(_ending.Token);
        _time = time;
        _eventsPerCall = eventsPerCall;
    }

    /// <summary>Returns what there is; waits for it if there is nothing, but not for ever.</summary>
    public async Task<TEvent[]> NextAsync()
    {
        await _turn.WaitAsync(_ending.Token);
        try
        {
            Touch();
            List<TEvent> events = [];
            while (events.Count < _eventsPerCall)
            {
                _moving ??= _events.MoveNextAsync().AsTask();
                if (!_moving.IsCompleted && (events.Count > 0 || !await WaitsInTime(_moving)))
                {
                    break;
                }

                if (!await _moving)
                {
                    break;
                }

                _moving = null;
                events.Add(_events.Current);
            }

            return [.. events];
        }
        finally
        {
            Touch();
            _turn.Release();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _turn.WaitAsync();
        if (_moving is { } moving)
        {
            await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _events.DisposeAsync();
        _ending.Dispose();
        _turn.Dispose();
    }

    private async Task<bool> WaitsInTime(Task<bool> moving)
    {
        using var enough = new CancellationTokenSource();
        var isInTime = await Task.WhenAny(moving, Task.Delay(LongPoll, _time, enough.Token)) == moving;
        await enough.CancelAsync();
        return isInTime;
    }
}
