using System.Collections.Concurrent;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Cluster.Tests;

/// <summary>Opens sessions through one session manager as fast as they are acknowledged, until it is stopped.</summary>
internal sealed class SessionLoad
{
    public const string Server = "load.example.com";

    private const int Writers = 8;

    private static readonly SessionRecord Record = new() { Priority = 1, Address = "192.0.2.1", Port = 5222 };

    private readonly ConcurrentQueue<SessionKey> _opened = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private readonly Task _running;
    private int _next;

    private SessionLoad(ISessionManager sessions, string name)
    {
        Name = name;
        _running = Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(() => WriteAsync(sessions, name))));
    }

    /// <summary>Returns what its users begin with, before a dash.</summary>
    public string Name { get; }

    /// <summary>Returns the sessions that were acknowledged, in that order.</summary>
    public IReadOnlyCollection<SessionKey> Opened => _opened;

    /// <param name="sessions">Opens the sessions.</param>
    /// <param name="name">Tells its users from those of other loads.</param>
    public static SessionLoad Start(ISessionManager sessions, string name) => new(sessions, name);

    /// <summary>Completes when so many more sessions are acknowledged; fails with the load.</summary>
    public async Task MoreAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiters)
        {
            _waiters.Add((_opened.Count + count, reached));
        }

        await await Task.WhenAny(reached.Task, _running).WaitAsync(Eventually.Patience);
        Assert.True(reached.Task.IsCompleted, "The load has ended.");
    }

    /// <summary>Stops, and completes when every session is either acknowledged or refused.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(Eventually.Patience);
    }

    /// <summary>Stops without waiting for answers: who should give them was killed.</summary>
    public Task AbandonAsync() => _stopping.CancelAsync();

    private async Task WriteAsync(ISessionManager sessions, string name)
    {
        while (!_stopping.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next);
            try
            {
                _opened.Enqueue(await sessions.OpenAsync(Server, $"{name}-{number / 2}", $"r{number % 2}", Record));
            }
            catch (WriteNotAcknowledgedException)
            {
                // A silo died, and the machine is too busy to notice soon: the session is not open.
                continue;
            }

            lock (_waiters)
            {
                _waiters.RemoveAll(waiter => _opened.Count >= waiter.Count && waiter.Reached.TrySetResult());
            }
        }
    }
}
