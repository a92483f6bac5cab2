using System.Collections.Concurrent;
using MimGrains.Sessions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>What all places did together. Thread-safe.</summary>
internal sealed class SoakTally
{
    private const int Remembered = 512;

    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly SessionKey[] _last = new SessionKey[Remembered];
    private long _opened;
    private long _rounds;
    private (long At, TaskCompletionSource Reached)? _waiter;

    /// <summary>Returns the sessions of which it is not known whether they are closed everywhere.</summary>
    public ConcurrentDictionary<SessionKey, bool> Unsure { get; } = new();

    public void Count(string what) => _counts.AddOrUpdate(what, 1, (_, count) => count + 1);

    public long Of(string what) => _counts.GetValueOrDefault(what);

    public void Opened(SessionKey key)
    {
        Count(nameof(Opened));
        lock (_lock)
        {
            _last[_opened++ % Remembered] = key;
        }
    }

    /// <summary>Returns one of the last sessions that were opened anywhere; it may be closed, or its silo dead.</summary>
    public SessionKey AnyOpened(Random random)
    {
        lock (_lock)
        {
            return _last[random.Next((int)Math.Min(_opened, Remembered))];
        }
    }

    public void RoundDone()
    {
        lock (_lock)
        {
            if (++_rounds >= _waiter?.At)
            {
                _waiter.Value.Reached.TrySetResult();
            }
        }
    }

    /// <summary>Completes when the places have gone through so many more rounds. One waits at a time.</summary>
    public Task MoreRoundsAsync(int count)
    {
        lock (_lock)
        {
            _waiter = (_rounds + count, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return _waiter.Value.Reached.Task.WaitAsync(Eventually.Patience);
        }
    }

    public override string ToString() =>
        string.Join(", ", _counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value:N0}"));
}
