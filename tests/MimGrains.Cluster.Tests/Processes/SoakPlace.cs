using System.Collections.Concurrent;
using MimGrains.Sessions;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>
/// A place that sessions are opened from: a client of one silo, or a silo itself. It opens as many as it may have; then each round, at a
/// steady rate, opens one, changes it, sends a message to one of any place, and closes the oldest.
/// </summary>
internal sealed class SoakPlace : ISessionConnection
{
    public const string Server = "soak.example.com";
    public const int RoundsPerSecond = 100;

    private const int Workers = 8;
    private const int OpenAtOnce = 1_000;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds((double)Workers / RoundsPerSecond);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<SessionKey> _open = new();
    private readonly ISessionManager _sessions;
    private readonly ISessionConnection _reference;
    private readonly SoakTally _tally;
    private readonly string _name;
    private Task _running = Task.CompletedTask;
    private int _next;
    private volatile bool _isAbandoned;

    private SoakPlace(ISessionManager sessions, IGrainFactory grains, SoakTally tally, string name)
    {
        (_sessions, _tally, _name) = (sessions, tally, name);

        // Orleans holds it weakly; this object holds itself as long as it works.
        _reference = grains.CreateObjectReference<ISessionConnection>(this);
    }

    /// <summary>Returns the sessions that were acknowledged and not closed, oldest first.</summary>
    public IReadOnlyCollection<SessionKey> Open => _open;

    /// <summary>Completes when its sessions are open, and the steady rate begins.</summary>
    public static async Task<SoakPlace> StartAsync(
        ISessionManager sessions, IGrainFactory grains, SoakTally tally, string name, int count)
    {
        var place = new SoakPlace(sessions, grains, tally, name);
        for (var left = count; left > 0; left -= OpenAtOnce)
        {
            var requests = Enumerable.Range(0, Math.Min(left, OpenAtOnce)).Select(_ => place.Request()).ToList();
            foreach (var key in await sessions.OpenManyAsync(requests).AsTask().WaitAsync(Eventually.Patience))
            {
                place._open.Enqueue(key);
            }
        }

        place._running = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => place.WorkAsync(new Random(worker)))));
        return place;
    }

    public Task ReceiveAsync(SessionKey session, object message)
    {
        _tally.Count("Received");
        return Task.CompletedTask;
    }

    public Task EndedAsync(SessionKey session, SessionEnd end) => Task.CompletedTask;

    public Task InfoChangedAsync(SessionKey session, string name, string? value) => Task.CompletedTask;

    /// <summary>Stops, and completes when all that was begun has ended; fails with it.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(Eventually.Patience);
    }

    /// <summary>Stops without waiting: who should answer is dead. What calls that are under way come to says nothing.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _stopping.Cancel();
    }

    private SessionRequest Request() => new(
        Server, $"{_name}-{Interlocked.Increment(ref _next)}", "r", new SessionRecord { Priority = 1 }.WithConnection(_reference));

    private async Task WorkAsync(Random random)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await RoundAsync(random);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception) when (_isAbandoned)
        {
            // Its silo is dead.
        }
    }

    private async Task RoundAsync(Random random)
    {
        try
        {
            var request = Request();
            var key = await _sessions.OpenAsync(request.Server, request.User, request.Resource, request.Record, CancellationToken.None);
            _open.Enqueue(key);
            _tally.Opened(key);
            await _sessions.SetPresenceAsync(key, random.Next(100), null, CancellationToken.None);
            _tally.Count("Changed");
            var to = _tally.AnyOpened(random);
            var result = await _sessions.RouteAsync(new Jid(to.User, to.Server, to.Resource), "hello", CancellationToken.None);
            _tally.Count(result.Outcome.ToString());
        }
        catch (Exception error) when (!_isAbandoned && IsDeathOfAnother(error))
        {
            // The session is not open, or is not changed, or the message is lost. All of it is told.
            _tally.Count(error.GetType().Name);
        }

        if (_open.TryDequeue(out var oldest))
        {
            await CloseAsync(oldest);
        }

        _tally.RoundDone();
    }

    private async Task CloseAsync(SessionKey key)
    {
        try
        {
            await _sessions.CloseAsync(key, CancellationToken.None);
            _tally.Count("Closed");
        }
        catch (Exception error) when (!_isAbandoned && IsDeathOfAnother(error))
        {
            _tally.Count($"Close: {error.GetType().Name}");
            _tally.Unsure[key] = true; // Closed on its silo, and on the others as soon as they answer.
        }
    }

    private static bool IsDeathOfAnother(Exception error) =>
        error is WriteNotAcknowledgedException or TimeoutException or OrleansException;
}
