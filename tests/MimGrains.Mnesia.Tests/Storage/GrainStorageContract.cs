using MimGrains.TestSupport;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>What any Orleans grain storage must do, for the one that MimGrains configures and scripts.</summary>
public abstract class GrainStorageContract(ITestDatabases databases) : IAsyncLifetime
{
    private const string Type = "account";

    private SqlStorage? _storage;
    private SqlStorage? _otherService;

    private IGrainStorage Storage => _storage!.Plain;

    public static TheoryData<string, string> DifferentKeys => new()
    {
        { "alice", "bob" },
        { "alice", "Alice" },
        { "1", "2" },
        { "1", "1+a" },
        { "1+a", "1+b" },
        { "00000000000000000000000000000001", "00000000000000000000000000000002" },
        { "a/1", "a/11" },
        { "größe", "grösse" },
    };

    public async Task InitializeAsync()
    {
        var database = await databases.CreateDatabaseAsync();
        _storage = await SqlStorage.StartAsync(database);
        _otherService = await SqlStorage.StartAsync(database, "green");
    }

    public async Task DisposeAsync()
    {
        await _storage!.DisposeAsync();
        await _otherService!.DisposeAsync();
    }

    [Fact]
    public async Task A_state_that_was_never_written_does_not_exist()
    {
        var state = await ReadAsync("alice");

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task What_was_written_is_read_and_each_write_has_another_etag()
    {
        var state = State("one");
        await WriteAsync("alice", state);
        var first = state.ETag;
        state.State!.Name = "two";
        await WriteAsync("alice", state);

        var read = await ReadAsync("alice");

        Assert.True(read.RecordExists);
        Assert.Equal("two", read.State!.Name);
        Assert.Equal(state.ETag, read.ETag);
        Assert.NotEqual(first, read.ETag);
    }

    [Fact]
    public async Task A_write_with_an_old_etag_is_refused_and_changes_nothing()
    {
        var state = State("one");
        await WriteAsync("alice", state);
        var old = State("old", state.ETag);
        state.State!.Name = "two";
        await WriteAsync("alice", state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync("alice", old));

        Assert.Equal("two", (await ReadAsync("alice")).State!.Name);
    }

    [Theory, InlineData(null), InlineData("7")]
    public async Task A_write_with_an_etag_that_never_was_is_refused(string? etag)
    {
        await WriteAsync("alice", State("one"));

        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync("alice", State("two", etag)));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync("nobody", State("two", "1")));

        Assert.Equal("one", (await ReadAsync("alice")).State!.Name);
        Assert.False((await ReadAsync("nobody")).RecordExists);
    }

    [Fact]
    public async Task Of_many_that_insert_one_row_at_once_exactly_one_wins()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = $"row{round}";
            var won = await WinnersAsync(16, i => WriteAsync(key, State($"writer {i}")));

            Assert.Equal($"writer {Assert.Single(won)}", (await ReadAsync(key)).State!.Name);
        }
    }

    [Fact]
    public async Task Of_many_that_change_one_row_at_once_exactly_one_wins()
    {
        var state = State("first");
        await WriteAsync("alice", state);
        for (var round = 0; round < 5; round++)
        {
            var etag = state.ETag;
            var won = await WinnersAsync(16, i => WriteAsync("alice", State($"writer {i}", etag)));

            state = await ReadAsync("alice");
            Assert.Equal($"writer {Assert.Single(won)}", state.State!.Name);
        }
    }

    [Fact]
    public async Task Writers_that_retry_lose_no_increment()
    {
        await WriteAsync("counter", State("0"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < 10;)
            {
                var state = await ReadAsync("counter");
                state.State!.Name = $"{int.Parse(state.State.Name, null) + 1}";
                done += await Record.ExceptionAsync(() => WriteAsync("counter", state)) switch
                {
                    null => 1,
                    InconsistentStateException => 0,
                    var other => throw other,
                };
            }
        })));

        Assert.Equal("80", (await ReadAsync("counter")).State!.Name);
    }

    [Fact]
    public async Task A_cleared_state_does_not_exist_and_its_old_etags_count_no_more()
    {
        var state = State("one");
        await WriteAsync("alice", state);
        var old = State("old", state.ETag);
        await Storage.ClearStateAsync(Type, Id("alice"), state);

        Assert.False(state.RecordExists);
        Assert.False((await ReadAsync("alice")).RecordExists);
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync("alice", old));

        state.State = new Named { Name = "again" };
        await WriteAsync("alice", state);
        Assert.Equal("again", (await ReadAsync("alice")).State!.Name);
    }

    [Fact]
    public async Task A_clear_with_an_old_etag_is_refused_and_changes_nothing()
    {
        var state = State("one");
        await WriteAsync("alice", state);
        var old = State("one", state.ETag);
        await WriteAsync("alice", state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(Type, Id("alice"), old));

        Assert.True((await ReadAsync("alice")).RecordExists);
    }

    [Fact]
    public async Task Of_many_that_clear_one_row_at_once_exactly_one_wins()
    {
        var state = State("one");
        await WriteAsync("alice", state);

        var won = await WinnersAsync(8, _ => Storage.ClearStateAsync(Type, Id("alice"), State("one", state.ETag)));

        Assert.Single(won);
    }

    [Theory, MemberData(nameof(DifferentKeys))]
    public async Task States_of_different_keys_types_and_services_are_apart(string one, string other)
    {
        await WriteAsync(one, State("one"));
        await WriteAsync(other, State("other"));
        await Storage.WriteStateAsync("else", Id(one), State("of another type"));
        await _otherService!.Plain.WriteStateAsync(Type, Id(one), State("of another service"));

        Assert.Equal("one", (await ReadAsync(one)).State!.Name);
        Assert.Equal("other", (await ReadAsync(other)).State!.Name);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(5_000_000)]
    public async Task Rows_of_bytes_of_any_size_are_kept(int length)
    {
        var content = new byte[length];
        Random.Shared.NextBytes(content);
        var rows = _storage!.Rows;

        await rows.WriteAsync("t/bytes", content, 0, CancellationToken.None);

        var row = await rows.ReadAsync("t/bytes", CancellationToken.None);
        Assert.Equal(1, row!.Value.Version);
        Assert.Equal(content, row.Value.Content.ToArray());
    }

    [Fact]
    public async Task Rows_count_their_writes_and_go_when_they_are_deleted()
    {
        var rows = _storage!.Rows;
        for (var version = 0; version < 3; version++)
        {
            await rows.WriteAsync("t/row", new[] { (byte)version }, version, CancellationToken.None);
        }

        Assert.Equal(3, (await rows.ReadAsync("t/row", CancellationToken.None))!.Value.Version);
        Assert.True(await rows.DeleteAsync("t/row", likelyVersion: 1, CancellationToken.None));
        Assert.False(await rows.DeleteAsync("t/row", likelyVersion: 1, CancellationToken.None));
        Assert.False(await rows.DeleteAsync("t/row", likelyVersion: 0, CancellationToken.None));
        Assert.Null(await rows.ReadAsync("t/row", CancellationToken.None));
        await rows.WriteAsync("t/row", default, 0, CancellationToken.None);
    }

    private static async Task<List<int>> WinnersAsync(int writers, Func<int, Task> write)
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, writers).Select(i => Task.Run(async () =>
            await Record.ExceptionAsync(() => write(i)) switch
            {
                null => i,
                InconsistentStateException => -1,
                var other => throw other,
            })));
        return [.. outcomes.Where(i => i >= 0)];
    }

    private static GrainId Id(string key) => GrainId.Create(Type, key);

    private static GrainState<Named> State(string name, string? etag = null) =>
        new(new Named { Name = name }) { ETag = etag, RecordExists = etag is not null };

    private Task WriteAsync(string key, GrainState<Named> state) => Storage.WriteStateAsync(Type, Id(key), state);

    private async Task<GrainState<Named>> ReadAsync(string key)
    {
        var state = new GrainState<Named>(new Named());
        await Storage.ReadStateAsync(Type, Id(key), state);
        return state;
    }
}

/// <summary>A state.</summary>
[GenerateSerializer]
public sealed class Named
{
    [Id(0)]
    public string Name { get; set; } = "";
}

public sealed class GrainStorageOnSqliteTests(SqliteFiles databases)
    : GrainStorageContract(databases), IClassFixture<SqliteFiles>;

public sealed class GrainStorageOnPostgresTests(PostgresServer databases)
    : GrainStorageContract(databases), IClassFixture<PostgresServer>;
