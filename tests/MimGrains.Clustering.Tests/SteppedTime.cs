using Microsoft.Extensions.Time.Testing;

namespace MimGrains.Clustering.Tests;

/// <summary>A clock that the test moves, and that says when somebody waits for it.</summary>
internal sealed class SteppedTime : FakeTimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _timers = new(0);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Release();
        return timer;
    }

    /// <summary>Completes when one more timer was made than this was called before.</summary>
    public async Task TimerAsync() =>
        Assert.True(await _timers.WaitAsync(Patience), $"Nobody waited for the clock within {Patience}.");
}
