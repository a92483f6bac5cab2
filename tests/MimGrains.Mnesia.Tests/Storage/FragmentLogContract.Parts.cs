using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>What is larger than a row of the log goes into several, and counts as a whole or not at all.</summary>
public abstract partial class FragmentLogContract
{
    // Seven rows of it.
    private const int LargeBytes = 6_500;
    private const int LargeRows = 7;

    [Fact]
    public async Task What_is_larger_than_a_row_is_replayed_whole_between_its_neighbours()
    {
        await using (var first = await OpenSmallRowsAsync())
        {
            await first.WriteAsync("a=1");
            await first.WriteAsync(Large("b"));
            await first.WriteAsync("c=3");
            await first.WriteAsync(Large("d"));
        }

        await using var second = await OpenSmallRowsAsync();

        Assert.Equal(["a=1", Large("b"), "c=3", Large("d")], second.Replayed);
        await second.CompactAsync();
        await second.WriteAsync("a=2");
        await using var third = await OpenSmallRowsAsync();
        Assert.Equal(["a=2"], third.Replayed);
        Assert.Equal(second.Records, third.Records);
    }

    [Fact]
    public async Task What_is_larger_than_half_of_the_log_is_refused_and_nothing_else()
    {
        await using var fragment = await OpenSmallRowsAsync();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => fragment.WriteAsync($"a={new string('x', 33 * 1_024)}"));

        Assert.Contains("accounts/2", error.Message, StringComparison.Ordinal);
        await fragment.WriteAsync("a=1");
    }

    [Fact]
    public async Task There_is_room_for_all_parts_before_the_first_is_written()
    {
        await using var fragment = await OpenSmallRowsAsync();
        for (var i = 0; i < 42; i++)
        {
            await fragment.WriteAsync($"a={i}");
        }

        var before = Rows.Calls;
        await Assert.ThrowsAsync<LogFullException>(() => fragment.WriteAsync(Large("b")));
        Assert.Equal(before, Rows.Calls);
        await fragment.CompactAsync();
        await fragment.WriteAsync(Large("b"));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_writer_that_crashes_between_two_parts_has_written_all_or_nothing(bool tookEffect)
    {
        for (var part = 0; part <= LargeRows; part++)
        {
            var name = new FragmentName("parts", $"c{part}", 0);
            var rows = new FaultyRows(Rows);
            await using (var fragment = await OpenSmallRowsAsync(rows, name))
            {
                await fragment.WriteAsync("a=1");
                await fragment.Log.Background;
                CrashAt(rows, rows.Calls + part, tookEffect);
                var error = await Record.ExceptionAsync(() => fragment.WriteAsync(Large("a")));
                Assert.True(part == LargeRows ? error is null : error is LogUnknownException, $"part {part}: {error}");
            }

            rows.Heal();
            await using (var next = await OpenSmallRowsAsync(rows, name))
            {
                var isThere = part == LargeRows || (tookEffect && part == LargeRows - 1);
                Assert.Equal(isThere ? Large("a")[2..] : "1", next.Records["a"]);
                await next.WriteAsync(Large("b"));
            }

            await using var last = await OpenSmallRowsAsync(rows, name);
            Assert.Equal(Large("b")[2..], last.Records["b"]);
        }
    }

    [Fact]
    public async Task An_append_that_was_given_up_between_two_parts_leaves_nothing_and_others_follow()
    {
        await using (var fragment = await OpenSmallRowsAsync())
        {
            fragment.Options.WriteTimeout = TimeSpan.FromMilliseconds(10);
            var writes = 0;
            Rows.Before = (call, _) => call == RowCall.Write && ++writes > 3
                ? throw FaultyRows.Away(isSurelyNotDone: true)
                : Task.CompletedTask;
            await Assert.ThrowsAsync<LogUnavailableException>(() => fragment.WriteAsync(Large("a")));
            Rows.Heal();
            await fragment.WriteAsync("b=2");
            await fragment.WriteAsync(Large("c"));
        }

        await using var next = await OpenSmallRowsAsync();
        Assert.Equal(["b=2", Large("c")], next.Replayed);
    }

    [Fact]
    public async Task An_append_whose_part_is_in_doubt_goes_on_when_it_is_made_again()
    {
        await using (var fragment = await OpenSmallRowsAsync())
        {
            fragment.Options.WriteTimeout = TimeSpan.FromMilliseconds(10);
            await fragment.WriteAsync("a=1");
            var number = fragment.Log.NextNumber;
            var writes = 0;
            Rows.After = (call, _) => call == RowCall.Write && ++writes == 3
                ? throw FaultyRows.Away(isSurelyNotDone: false)
                : Task.CompletedTask;
            Rows.Before = (_, _) => writes == 3 ? throw FaultyRows.Away(isSurelyNotDone: true) : Task.CompletedTask;
            await Assert.ThrowsAsync<LogUnknownException>(() => fragment.WriteAsync(Large("b")));
            Rows.Heal();

            Assert.Equal(number, fragment.Log.NextNumber);
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                () => fragment.Log.CompactAsync(number + 1, [], default, CancellationToken.None));
            await fragment.WriteAsync(Large("b"));
            Assert.Equal(number + LargeRows, fragment.Log.NextNumber);
        }

        await using var next = await OpenSmallRowsAsync();
        Assert.Equal(["a=1", Large("b")], next.Replayed);
    }

    private Task<Fragment> OpenSmallRowsAsync() => OpenSmallRowsAsync(Rows, Fragment.Name);

    private static async Task<Fragment> OpenSmallRowsAsync(IRowStore rows, FragmentName name)
    {
        var fragment = Fragment.Of(rows, name);
        fragment.Options.MaxRowBytes = 1_024;
        await fragment.OpenAsync();
        return fragment;
    }

    private static string Large(string key) =>
        $"{key}={string.Concat(Enumerable.Range(0, LargeBytes).Select(place => (char)('a' + (place * 7 % 26))))}";
}
