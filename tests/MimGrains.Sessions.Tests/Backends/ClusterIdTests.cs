using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

/// <summary>The rules of <c>persistent_cluster_id_SUITE</c>: what is in memory, what is in the database, what comes of it.</summary>
public sealed class ClusterIdTests
{
    private readonly MemoryTable<string, ClusterIdRecord> _table = new(ClusterIdKeeper.Table.Replicated);
    private readonly Store _store = new();
    private readonly FakeTimeProvider _time = new();

    // clean_start_and_two_nodes
    [Fact]
    public async Task None_has_one_so_it_is_made_and_kept_by_both()
    {
        var id = await IdAsync();
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal((id, id), (Known, _store.Id));
        Assert.Equal(id, await IdAsync());
    }

    // id_persists_after_restart
    [Fact]
    public async Task What_the_database_has_is_known_after_a_restart()
    {
        _store.Id = "old";
        Assert.Equal("old", await IdAsync());
        Assert.Equal("old", Known);
    }

    // backed_up_id_if_rdbms_is_added
    [Fact]
    public async Task What_the_silos_know_is_written_to_a_database_that_is_new()
    {
        await _table.InsertAsync("id", new ClusterIdRecord("ephemeral-known"));
        Assert.Equal("ephemeral-known", await IdAsync());
        Assert.Equal("ephemeral-known", _store.Id);
    }

    [Fact]
    public async Task Two_different_ids_are_a_conflict_that_names_both()
    {
        _store.Id = "stored";
        await _table.InsertAsync("id", new ClusterIdRecord("known"));
        var error = await Assert.ThrowsAsync<ClusterIdConflictException>(IdAsync);
        Assert.Equal(("known", "stored"), (error.Known, error.Stored));
    }

    [Fact]
    public async Task A_database_that_is_away_is_waited_for_while_no_silo_knows_the_id()
    {
        _store.Error = new InvalidOperationException("away");
        using var id = Make();
        var running = id.RunAsync();
        await _store.Asked.WaitAsync();
        Assert.False(id.GetAsync().IsCompleted);

        (_store.Error, _store.Id) = (null, "stored");
        await AdvanceUntilAsync(running);
        Assert.Equal("stored", await id.GetAsync());
    }

    [Fact]
    public async Task A_database_that_is_away_is_not_waited_for_when_the_id_is_known_and_gets_it_later()
    {
        _store.Error = new InvalidOperationException("away");
        await _table.InsertAsync("id", new ClusterIdRecord("known"));
        using var id = Make();
        var running = id.RunAsync();
        Assert.Equal("known", await id.GetAsync());
        Assert.Null(_store.Id);

        _store.Error = null;
        await AdvanceUntilAsync(running);
        Assert.Equal("known", _store.Id);
    }

    private string? Known => _table.TryGet("id", out var record) ? record.Id : null;

    private ClusterIdKeeper Make() => new(
        new ReplicatedStore<string, ClusterIdRecord>(_table),
        new ServiceCollection().AddSingleton<IClusterIdStore>(_store).BuildServiceProvider(),
        _time,
        NullLogger<ClusterIdKeeper>.Instance);

    private async Task<string> IdAsync()
    {
        using var id = Make();
        await id.RunAsync();
        return await id.GetAsync();
    }

    // The timer may be made a moment after the clock was moved.
    private async Task AdvanceUntilAsync(Task done)
    {
        while (await Task.WhenAny(done, Task.Delay(5)) != done)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await done;
    }

    private sealed class Store : IClusterIdStore
    {
        public string? Id { get; set; }

        public Exception? Error { get; set; }

        public SemaphoreSlim Asked { get; } = new(0);

        public Task<string?> ReadAsync(CancellationToken cancellationToken)
        {
            Asked.Release();
            return Error is null ? Task.FromResult(Id) : Task.FromException<string?>(Error);
        }

        public Task<string> AddAsync(string id, CancellationToken cancellationToken) =>
            Error is null ? Task.FromResult(Id ??= id) : Task.FromException<string>(Error);
    }
}
