using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Cets.Clients;
using MimGrains.Cets.Tables;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>Records that cannot be written, and watches that nobody reads: nothing is half done, and nothing stays.</summary>
public sealed class BadInputTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TableDefinition<string, Crate> s_definition = new TableDefinition<string, Crate>("crates")
    {
        OwnerOf = static (key, _) => key == "no owner" ? throw new FormatException("nobody's") : null,
    }.WithIndex(new TableIndex<string, Crate, string>("content", static (key, crate) =>
        key == "no index" ? throw new FormatException("unreadable") : crate.Content?.ToString()));

    private readonly ReplicatedTable<string, Crate> _table = LocalTable.Make(s_definition);

    [Theory]
    [InlineData("no index", "Table crates: a function of its definition fails for key no index: unreadable")]
    [InlineData("no owner", "Table crates: a function of its definition fails for key no owner: nobody's")]
    [InlineData("no bytes", "Table crates: key no bytes and its record cannot be written as bytes: ")]
    [InlineData("too large", "Table crates: key too large and its record have 20")]
    public async Task A_bad_record_is_named_and_leaves_nothing_of_its_call_behind(string key, string message)
    {
        var bad = new Crate(key switch { "no bytes" => new Opaque(() => { }), "too large" => new string('x', 2_000_000), _ => "a" });
        Func<Task>[] calls =
        [
            () => _table.InsertAsync(key, bad),
            () => _table.InsertManyAsync([new("before", new Crate("a")), new(key, bad), new("behind", new Crate("a"))]),
            () => _table.InsertNewAsync(key, bad),
            () => _table.InsertSerialAsync(key, bad),
            () => _table.CompareAndSetAsync(key, new Crate("a"), bad),
        ];
        foreach (var call in calls)
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(call);
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
            Assert.InRange(error.Message.Length, message.Length, 600);
        }

        Assert.Equal(0, _table.Count);
        Assert.Equal(0, _table.Replica.LastSequence);
        await _table.InsertAsync("good", new Crate("a"));
    }

    [Fact]
    public async Task A_watch_of_a_client_that_nobody_reads_ends_after_a_minute_and_one_that_is_read_stays()
    {
        var time = new FakeTimeProvider();
        using var desk = new WatchDesk(Options.Create(new ReplicationOptions()), time);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = desk.Begin(token => Events(new TaskCompletionSource(), token));
        var unread = desk.Begin(token => Events(ended, token));
        Assert.Single(await desk.Find<int>(read)!.NextAsync());
        Assert.Single(await desk.Find<int>(unread)!.NextAsync());

        time.Advance(TimeSpan.FromSeconds(50));
        var next = desk.Find<int>(read)!.NextAsync();
        time.Advance(TimeSpan.FromSeconds(25));
        await ended.Task.WaitAsync(Patience);
        Assert.Equal(1, desk.Count);
        Assert.Null(desk.Find<int>(unread));
        Assert.Empty(await next.WaitAsync(Patience));
    }

    private static async IAsyncEnumerable<int> Events(
        TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            ended.TrySetResult();
        }
    }
}

/// <summary>A record that can hold what no serializer knows.</summary>
[GenerateSerializer]
public sealed record Crate([property: Id(0)] object? Content);
