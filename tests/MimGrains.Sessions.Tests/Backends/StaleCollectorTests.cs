using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

/// <summary>The collector of a silo goes by what this silo has seen, and by its own clock.</summary>
public sealed class StaleCollectorTests : IDisposable
{
    private static readonly StaleStreamOptions Options = new(true, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));

    private readonly MemoryTable<string, StaleStream> _table = new(StreamManagementBackend.Stale.Replicated);
    private readonly FakeTimeProvider _time = new();
    private readonly StaleCollector _collector;

    public StaleCollectorTests() => _collector = Make();

    public void Dispose() => _collector.Dispose();

    [Fact]
    public async Task What_was_seen_for_its_lifetime_is_forgotten_and_not_before()
    {
        await _table.InsertAsync("old", new StaleStream(1, 10_000));
        await LookAfterAsync(0);
        await _table.InsertAsync("young", new StaleStream(1, 10_000));
        await LookAfterAsync(9);
        Assert.True(_table.TryGet("old", out _));
        await LookAfterAsync(1);
        Assert.False(_table.TryGet("old", out _));
        Assert.True(_table.TryGet("young", out _));
    }

    [Fact]
    public async Task What_was_written_anew_lives_as_long_again()
    {
        await _table.InsertAsync("a", new StaleStream(1, 10_000));
        await LookAfterAsync(0);
        await _table.InsertAsync("a", new StaleStream(2, 10_000));
        await LookAfterAsync(10);
        Assert.True(_table.TryGet("a", out _));
        await LookAfterAsync(10);
        Assert.False(_table.TryGet("a", out _));
    }

    [Fact]
    public async Task A_silo_that_joins_later_does_not_forget_sooner()
    {
        await _table.InsertAsync("a", new StaleStream(1, 10_000));
        await LookAfterAsync(0);
        _time.Advance(TimeSpan.FromSeconds(9));
        using var later = Make();
        await later.LookAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(9));
        await later.LookAsync(CancellationToken.None);
        Assert.True(_table.TryGet("a", out _));
        await _collector.LookAsync(CancellationToken.None);
        Assert.False(_table.TryGet("a", out _));
    }

    private StaleCollector Make() =>
        new(new ReplicatedStore<string, StaleStream>(_table), Options, _time, NullLogger<StaleCollector>.Instance);

    private Task LookAfterAsync(int seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        return _collector.LookAsync(CancellationToken.None);
    }
}
