using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>What a fragment's log does over any store of rows.</summary>
public abstract partial class FragmentLogContract : IAsyncLifetime
{
    private FaultyRows? _rows;

    private FaultyRows Rows => _rows!;

    public async Task InitializeAsync() => _rows = new FaultyRows(await CreateRowsAsync());

    public virtual Task DisposeAsync() => Task.CompletedTask;

    private protected abstract Task<IRowStore> CreateRowsAsync();

    /// <summary>Of so many crash points one is tried.</summary>
    private protected virtual int CrashStep => 1;

    [Fact]
    public async Task Rows_are_replayed_in_order_by_the_next_writer()
    {
        await using (var first = await Fragment.OpenAsync(Rows))
        {
            await first.WriteAsync("a=1");
            await first.WriteAsync("b=2;a=3");
        }

        await using var second = await Fragment.OpenAsync(Rows);

        Assert.Equal(["a=1", "b=2;a=3"], second.Replayed);
    }

    [Fact]
    public async Task An_append_is_one_call_of_the_store()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        await fragment.Log.Background;
        var before = Rows.Calls;

        await fragment.WriteAsync("a=1");
        await fragment.WriteAsync("a=2");

        Assert.Equal(2, Rows.Calls - before);
    }

    [Fact]
    public async Task A_compaction_moves_rows_into_pages_and_keeps_the_state()
    {
        await using (var first = await Fragment.OpenAsync(Rows))
        {
            await first.WriteAsync("a=1;b=2");
            await first.CompactAsync("in doubt: none");
            await first.WriteAsync("c=3;a=");
        }

        await using var second = await Fragment.OpenAsync(Rows);

        Assert.Equal(["c=3;a="], second.Replayed);
        Assert.Equal("in doubt: none", second.State);
        Assert.Equal(new() { ["b"] = "2", ["c"] = "3" }, second.Records);
    }

    [Fact]
    public async Task A_deletion_that_was_compacted_stays_one()
    {
        await using (var first = await Fragment.OpenAsync(Rows))
        {
            await first.WriteAsync("a=1;b=2");
            await first.CompactAsync();
            await first.WriteAsync("a=");
            await first.CompactAsync();
            Assert.Null(await first.ReadAsync("a"));
            Assert.Equal(["b=2"], await first.ScanAsync());
        }

        await using var second = await Fragment.OpenAsync(Rows);

        Assert.Equal(new() { ["b"] = "2" }, second.Records);
    }

    [Fact]
    public async Task The_log_goes_round_and_round_and_runs_are_merged_and_removed()
    {
        await using var first = await Fragment.OpenAsync(Rows);
        await first.WriteManyAsync(count: 1_000, keys: 300);
        await first.CompactAsync();
        await first.Log.Background;
        var expected = first.Records.Select(pair => $"{pair.Key}={pair.Value}").ToList();

        Assert.Equal(expected, await first.ScanAsync());
        Assert.Equal(expected[100..], await first.ScanAsync("key000100"));
        foreach (var key in new[] { "key000000", "key000150", "key000299" })
        {
            Assert.Equal(first.Records[key], await first.ReadAsync(key));
        }

        Assert.Null(await first.ReadAsync("key"));
        Assert.Null(await first.ReadAsync("zzz"));
        Assert.InRange(Rows.Keys.Count(key => key.StartsWith("log/", StringComparison.Ordinal)), 1, 64);

        // 1,000 rows make 32 runs; what is left of them is logarithmic, and nothing else is.
        Assert.InRange(RunsOf(Rows).Count, 1, 6);

        await using var second = await Fragment.OpenAsync(Rows);
        Assert.Equal(first.Records, second.Records);
    }

    [Fact]
    public async Task A_replacement_shows_as_a_whole_and_removes_what_was()
    {
        await using var first = await Fragment.OpenAsync(Rows);
        await first.WriteManyAsync(count: 200, keys: 200);
        await first.CompactAsync();

        await first.Log.ReplaceAsync(
            first.Log.NextNumber - 1,
            new[] { new StoredEntry(Fragment.Bytes("x"), Fragment.Bytes("1")) }.ToAsyncEnumerable(),
            Fragment.Bytes("restored"),
            CancellationToken.None);
        await first.Log.Background;

        Assert.Equal(["x=1"], await first.ScanAsync());
        Assert.Single(RunsOf(Rows));
        await using var second = await Fragment.OpenAsync(Rows);
        Assert.Equal(new() { ["x"] = "1" }, second.Records);
        Assert.Equal("restored", second.State);
    }

    [Fact]
    public async Task A_fragment_that_is_deleted_leaves_no_row()
    {
        await using var first = await Fragment.OpenAsync(Rows);
        await first.WriteManyAsync(count: 200, keys: 200);

        await first.Log.DeleteAsync(CancellationToken.None);

        Assert.Empty(Rows.Keys);
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.WriteAsync("a=1"));
    }

    [Fact]
    public async Task A_fragment_can_be_deleted_without_being_opened()
    {
        await using (var first = await Fragment.OpenAsync(Rows))
        {
            await first.WriteManyAsync(count: 100, keys: 100);
        }

        await using var second = Fragment.Of(Rows);
        await second.Log.DeleteAsync(CancellationToken.None);

        Assert.Empty(Rows.Keys);
    }

    [Fact]
    public async Task A_scan_keeps_showing_what_was_there_when_it_began()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        await fragment.WriteManyAsync(count: 30, keys: 1_500, perRow: 50);
        await fragment.CompactAsync();
        await fragment.Log.Background;
        var before = await fragment.ScanAsync();
        Assert.Equal(1_500, before.Count);

        await using var scan = fragment.Log.ScanAsync(default, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await scan.MoveNextAsync());
        List<string> seen = [.. Fragment.Texts(scan.Current)];
        Assert.True(seen.Count < before.Count);
        for (var round = 0; round < 4; round++)
        {
            await fragment.WriteManyAsync(count: 30, keys: 1_500, perRow: 50, value: $"w{round}");
            await fragment.CompactAsync();
        }

        await fragment.Log.Background;
        while (await scan.MoveNextAsync())
        {
            seen.AddRange(Fragment.Texts(scan.Current));
        }

        Assert.Equal(before, seen);
    }

    [Fact]
    public async Task A_log_that_nobody_compacts_says_that_it_is_full_and_can_still_be_opened()
    {
        await using var first = await Fragment.OpenAsync(Rows);
        for (var i = 0; i < 47; i++)
        {
            await first.WriteAsync($"a={i}");
        }

        var error = await Assert.ThrowsAsync<LogFullException>(() => first.WriteAsync("a=last"));
        Assert.Contains("accounts/2", error.Message, StringComparison.Ordinal);

        // More openings than there are rows for marks.
        for (var i = 0; i < 20; i++)
        {
            await using var next = await Fragment.OpenAsync(Rows);
            Assert.Equal("46", next.Records["a"]);
        }

        await using var last = await Fragment.OpenAsync(Rows);
        await last.CompactAsync();
        await last.WriteAsync("a=47");
        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal("47", check.Records["a"]);
    }

    [Fact]
    public async Task An_append_waits_for_the_compaction_that_makes_room()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        for (var i = 0; i < 47; i++)
        {
            await fragment.WriteAsync($"a={i}");
        }

        var compacting = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        Rows.Before = async (call, key) =>
        {
            if (call == RowCall.Write && key.Contains("/run", StringComparison.Ordinal))
            {
                compacting.TrySetResult();
                await mayEnd.Task;
            }
        };
        var compaction = fragment.CompactAsync();
        await compacting.Task;
        var append = fragment.WriteAsync("a=waits");

        Assert.False(append.IsCompleted);
        mayEnd.SetResult();
        await append;
        await compaction;
    }

    [Fact]
    public async Task Fragments_of_one_store_do_not_see_each_other()
    {
        await using var one = await Fragment.OpenAsync(Rows, new FragmentName("t", "c", 1));
        await using var other = await Fragment.OpenAsync(Rows, new FragmentName("t", "c", 11));
        await one.WriteAsync("a=1");
        await other.WriteAsync("a=2");

        await using var later = await Fragment.OpenAsync(Rows, new FragmentName("t", "d", 1));
        Assert.Empty(later.Records);
        await using var oneAgain = await Fragment.OpenAsync(Rows, new FragmentName("t", "c", 1));
        Assert.Equal("1", oneAgain.Records["a"]);
    }

    private static HashSet<string> RunsOf(FaultyRows rows) =>
        [.. rows.Keys.Where(key => key.StartsWith("run", StringComparison.Ordinal)).Select(key => key.Split('/')[0])];
}
