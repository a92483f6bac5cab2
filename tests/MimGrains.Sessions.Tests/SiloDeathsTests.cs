using Xunit;

namespace MimGrains.Sessions.Tests;

public sealed class SiloDeathsTests
{
    private readonly SiloDeaths _deaths = new();

    [Fact]
    public void Who_asked_before_and_who_asks_after_a_death_is_told_of_it()
    {
        var early = _deaths.DeathOf("a");
        var other = _deaths.DeathOf("b");
        Assert.False(_deaths.IsDead("a"));
        using var told = new ManualResetEventSlim();
        using var registration = early.Register(told.Set);
        _deaths.Note("a");
        _deaths.Note("a");

        Assert.True(told.Wait(TimeSpan.FromSeconds(30)));
        Assert.True(_deaths.IsDead("a"));
        Assert.True(_deaths.DeathOf("a").IsCancellationRequested);
        Assert.False(other.IsCancellationRequested);
        Assert.False(_deaths.IsDead("b"));
    }

    [Fact]
    public void However_many_silos_come_and_go_only_the_last_ones_are_kept()
    {
        for (var generation = 0; generation < 3 * SiloDeaths.SilosMost; generation++)
        {
            _ = _deaths.DeathOf($"127.0.0.1:1@{generation}");
            _deaths.Note($"127.0.0.1:1@{generation}");
            _ = _deaths.DeathOf($"127.0.0.1:2@{generation}");
        }

        Assert.Equal(2 * SiloDeaths.SilosMost, _deaths.Count);
        Assert.True(_deaths.IsDead($"127.0.0.1:1@{(2 * SiloDeaths.SilosMost) + 1}"));
        Assert.False(_deaths.IsDead("127.0.0.1:1@0"));
        Assert.False(_deaths.DeathOf($"127.0.0.1:2@{(3 * SiloDeaths.SilosMost) - 1}").IsCancellationRequested);
    }
}
