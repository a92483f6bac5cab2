using MimGrains.Mnesia.Storage;

namespace MimGrains.Mnesia.Tests.Storage;

public abstract partial class FragmentLogContract
{
    [Fact]
    public async Task An_older_writer_can_neither_append_nor_compact_once_a_newer_one_is_open()
    {
        await using var old = await Fragment.OpenAsync(Rows);
        await old.WriteAsync("a=1");
        await using var next = await Fragment.OpenAsync(Rows);

        var error = await Assert.ThrowsAsync<FragmentFencedException>(() => old.WriteAsync("a=2"));
        Assert.Contains("accounts/2", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FragmentFencedException>(() => old.WriteAsync("a=3"));
        await Assert.ThrowsAsync<FragmentFencedException>(() => old.CompactAsync());

        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal(["a=1"], check.Replayed);
    }

    [Fact]
    public async Task An_older_writer_that_only_compacts_is_fenced_as_well_and_leaves_nothing_that_counts()
    {
        await using var old = await Fragment.OpenAsync(Rows);
        await old.WriteAsync("a=1");
        await using var next = await Fragment.OpenAsync(Rows);

        await Assert.ThrowsAsync<FragmentFencedException>(() => old.CompactAsync());

        await next.WriteAsync("b=2");
        await next.CompactAsync();
        Assert.Equal(["a=1", "b=2"], await next.ScanAsync());
    }

    [Fact]
    public async Task A_writer_that_slept_through_rounds_of_the_log_cannot_append()
    {
        await using var old = await Fragment.OpenAsync(Rows);
        await old.WriteAsync("a=1");
        await using (var next = await Fragment.OpenAsync(Rows))
        {
            await next.WriteManyAsync(count: 200, keys: 10);
        }

        await Assert.ThrowsAsync<FragmentFencedException>(() => old.WriteAsync("a=2"));

        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal("1", check.Records["a"]);
    }

    [Fact]
    public async Task A_row_that_an_older_writer_appends_while_the_next_one_reads_is_seen_or_refused()
    {
        await using var old = await Fragment.OpenAsync(Rows);
        await old.WriteAsync("a=1");
        await using var next = Fragment.Of(Rows);
        var isLate = false;
        Rows.Before = async (call, key) =>
        {
            // The newer writer has read everything, and is about to end the log with its mark.
            if (call == RowCall.Write && key.EndsWith("log/2", StringComparison.Ordinal) && !isLate)
            {
                isLate = true;
                await old.WriteAsync("a=2");
                await old.WriteAsync("a=3");
            }
        };

        await next.OpenAsync();

        Assert.True(isLate);
        Assert.Equal(["a=1", "a=2", "a=3"], next.Replayed);
        await Assert.ThrowsAsync<FragmentFencedException>(() => old.WriteAsync("a=4"));
    }

    [Fact]
    public async Task Of_writers_that_append_the_same_number_at_once_at_most_one_succeeds()
    {
        for (var round = 0; round < 10; round++)
        {
            await using var one = await Fragment.OpenAsync(Rows);
            await using var other = Fragment.Of(Rows);
            var opening = Task.Run(other.OpenAsync);
            var mine = 0;
            var fence = await Record.ExceptionAsync(async () =>
            {
                while (mine < 200)
                {
                    if (one.Log.WantsCompaction)
                    {
                        await one.CompactAsync();
                    }

                    await one.WriteAsync($"n{round}-{mine}=1");
                    mine++;
                }
            });
            await opening;

            // Whatever was acknowledged to the one is there for the other, and nothing comes after.
            Assert.True(fence is null or FragmentFencedException, fence?.ToString());
            await using var check = await Fragment.OpenAsync(Rows);
            for (var i = 0; i < mine; i++)
            {
                Assert.Contains($"n{round}-{i}", check.Records.Keys);
            }

            Assert.Equal(other.Records, check.Records);
        }
    }

    [Fact]
    public async Task Writers_that_open_at_once_all_open_and_only_the_last_one_writes()
    {
        var fragments = Enumerable.Range(0, 5).Select(_ => Fragment.Of(Rows)).ToList();
        var opened = await Task.WhenAll(fragments.Select(async fragment =>
            await Record.ExceptionAsync(fragment.OpenAsync) is null ? fragment : null));
        var written = 0;
        foreach (var fragment in opened.OfType<Fragment>())
        {
            written += await Record.ExceptionAsync(() => fragment.WriteAsync("a=1")) is null ? 1 : 0;
        }

        Assert.Equal(1, written);
        foreach (var fragment in fragments)
        {
            await fragment.DisposeAsync();
        }
    }
}
