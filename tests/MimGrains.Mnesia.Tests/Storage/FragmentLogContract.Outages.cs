using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

public abstract partial class FragmentLogContract
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_append_waits_for_a_database_that_comes_back()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        var failures = 3;
        Rows.Before = (call, _) => call == RowCall.Write && failures-- > 0
            ? throw FaultyRows.Away(isSurelyNotDone: true)
            : Task.CompletedTask;

        await fragment.WriteAsync("a=1");

        Assert.True(failures < 0);
    }

    [Fact]
    public async Task An_append_fails_when_the_database_stays_away_and_the_next_one_may_be_another_row()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        fragment.Options.WriteTimeout = Soon;
        Rows.Before = (_, _) => throw FaultyRows.Away(isSurelyNotDone: true);

        var error = await Assert.ThrowsAsync<LogUnavailableException>(() => fragment.WriteAsync("a=1"));
        Assert.Contains("log row 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("is away", error.Message, StringComparison.Ordinal);
        Rows.Heal();
        fragment.Options.WriteTimeout = Late;
        await fragment.WriteAsync("b=1");

        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal(["b=1"], check.Replayed);
    }

    [Fact]
    public async Task A_refusal_that_does_not_pass_is_told_at_once()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        var calls = 0;
        Rows.Before = (_, _) =>
        {
            calls++;
            throw new RowStoreException("the disk of the database is full", isSurelyNotDone: true, mayPass: false);
        };

        var error = await Assert.ThrowsAsync<LogUnavailableException>(() => fragment.WriteAsync("a=1"));

        Assert.Contains("disk of the database is full", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, calls);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_answer_that_is_lost_does_not_write_a_row_twice_or_not_at_all(bool tookEffect)
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        LoseAnswers(tookEffect, count: 1);

        await fragment.WriteAsync("a=1");
        await fragment.WriteAsync("b=2");

        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal(["a=1", "b=2"], check.Replayed);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_row_of_unknown_outcome_can_only_be_appended_again(bool tookEffect)
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        fragment.Options.WriteTimeout = Soon;
        LoseAnswers(tookEffect, count: int.MaxValue);
        var number = fragment.Log.NextNumber;

        await Assert.ThrowsAsync<LogUnknownException>(() => fragment.WriteAsync("a=1"));
        Rows.Heal();
        fragment.Options.WriteTimeout = Late;
        await Assert.ThrowsAsync<InvalidOperationException>(() => fragment.WriteAsync("b=2"));
        await fragment.WriteAsync("a=1");
        await fragment.WriteAsync("b=2");

        Assert.Equal(number + 2, fragment.Log.NextNumber);
        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal(["a=1", "b=2"], check.Replayed);
    }

    [Fact]
    public async Task A_row_of_unknown_outcome_that_the_next_writer_did_not_find_never_comes()
    {
        await using var old = await Fragment.OpenAsync(Rows);
        var sent = new TaskCompletionSource();
        var arrives = new TaskCompletionSource();
        Rows.Before = async (call, key) =>
        {
            if (call == RowCall.Write && key.EndsWith("log/1", StringComparison.Ordinal) && sent.TrySetResult())
            {
                await arrives.Task;
            }
        };
        var append = old.WriteAsync("a=late");
        await sent.Task;
        await using var next = await Fragment.OpenAsync(Rows);
        arrives.SetResult();

        await Assert.ThrowsAsync<FragmentFencedException>(() => append);

        await next.WriteAsync("b=2");
        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal(["b=2"], check.Replayed);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_compaction_whose_answer_is_lost_is_found_or_made_again(bool tookEffect)
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        await fragment.WriteManyAsync(count: 20, keys: 20);
        await fragment.Log.Background;
        var expected = fragment.Records.Select(pair => $"{pair.Key}={pair.Value}").ToList();
        fragment.Options.WriteTimeout = Soon;
        LoseAnswers(tookEffect, count: int.MaxValue, "manifest");

        await Assert.ThrowsAsync<LogUnavailableException>(() => fragment.CompactAsync());
        Rows.Heal();
        fragment.Options.WriteTimeout = Late;
        fragment.ChangedAgain();
        await fragment.CompactAsync();
        await fragment.Log.Background;

        Assert.Equal(expected, await fragment.ScanAsync());
        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Empty(check.Replayed);
        Assert.Equal(fragment.Records, check.Records);
    }

    [Fact]
    public async Task A_call_that_never_ends_counts_as_unknown_after_its_timeout()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        await fragment.Log.Background;
        fragment.Options.CallTimeout = TimeSpan.FromMilliseconds(20);
        fragment.Options.WriteTimeout = Soon;
        var never = new TaskCompletionSource();
        Rows.Before = (_, _) => never.Task;

        var error = await Assert.ThrowsAsync<LogUnknownException>(() => fragment.WriteAsync("a=1"));

        Assert.Contains("did not answer within 20 ms", error.Message, StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task An_append_that_is_cancelled_can_be_made_again()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        var mayWrite = new TaskCompletionSource();
        Rows.Before = (_, _) => mayWrite.Task;
        using var cancellation = new CancellationTokenSource();
        var append = fragment.Log.AppendAsync(fragment.Log.NextNumber, Fragment.Bytes("a=1"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        mayWrite.SetResult();
        Rows.Heal();

        await fragment.WriteAsync("a=1");

        await using var check = await Fragment.OpenAsync(Rows);
        Assert.Equal(["a=1"], check.Replayed);
    }

    // A write whose answer is lost, in a row whose key ends so. Looking at what became of it fails as often.
    private void LoseAnswers(bool tookEffect, int count, string part = "")
    {
        Task Fail(RowCall call, string key) =>
            (part.Length == 0 ? key.Contains("/log/", StringComparison.Ordinal) : key.EndsWith(part, StringComparison.Ordinal)) &&
            (call == RowCall.Write || count > 1_000) && count-- > 0
                ? throw FaultyRows.Away(isSurelyNotDone: false)
                : Task.CompletedTask;

        if (tookEffect)
        {
            Rows.After = Fail;
        }
        else
        {
            Rows.Before = Fail;
        }
    }
}
