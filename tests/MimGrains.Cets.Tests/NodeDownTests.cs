using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Cets.Membership;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class NodeDownTests
{
    private static readonly ReplicaId Dead = new("127.0.0.1:2@1");
    private static readonly ReplicaId DeadToo = new("127.0.0.1:3@1");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly List<string> _calls = [];

    [Theory, InlineData(NodeDownRule.RemoveOwned), InlineData(NodeDownRule.Keep)]
    public async Task A_handler_gets_the_records_of_the_dead_once(NodeDownRule rule)
    {
        var table = await TableAsync(rule, (down, _) =>
        {
            _calls.Add($"{down.DeadSilo}: {string.Join(", ", down.Records.Select(entry => entry.Key))}");
            return Task.CompletedTask;
        });
        await BuryAsync(table, Dead);
        await BuryAsync(table, Dead);
        Assert.Equal([$"{Dead}: dead-1, dead-2"], _calls);
        Assert.Equal(rule == NodeDownRule.Keep ? 3 : 1, table.Count);
        var entry = Assert.Single(table.NodeDownHistory);
        Assert.Equal(new NodeDownEntry(Dead.Value, _time.GetUtcNow(), rule == NodeDownRule.Keep ? 0 : 2, NodeDownOutcome.Completed), entry);
    }

    [Fact]
    public async Task Deaths_that_became_known_together_are_each_told_with_their_own_records()
    {
        var table = await TableAsync(NodeDownRule.RemoveOwned, (down, _) =>
        {
            _calls.Add($"{down.DeadSilo}: {down.Records.Count}");
            return Task.CompletedTask;
        });
        table.LockedAndComplete(replica => replica.OnDead(DeadToo));
        await BuryAsync(table, Dead);
        Assert.Equal([$"{Dead}: 2", $"{DeadToo}: 0"], _calls);
    }

    [Fact]
    public async Task A_handler_may_write_the_table_and_is_a_rule_of_its_own_where_records_are_kept()
    {
        var table = await TableAsync(NodeDownRule.Keep, (down, token) =>
            down.Table.DeleteManyAsync([.. down.Records.Where(entry => entry.Key == "dead-1").Select(entry => entry.Key)], token));
        await BuryAsync(table, Dead);
        Assert.Equal(["dead-2", "own"], table.Dump().Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_handler_that_throws_is_in_the_history_and_the_next_one_runs()
    {
        var table = await TableAsync(NodeDownRule.Keep, (down, _) =>
            down.DeadSilo == Dead.Value ? throw new FormatException("no") : Task.CompletedTask);
        await BuryAsync(table, Dead);
        await BuryAsync(table, DeadToo);
        Assert.Equal(
            [(Dead.Value, NodeDownOutcome.Failed), (DeadToo.Value, NodeDownOutcome.Completed)],
            table.NodeDownHistory.Select(entry => (entry.Silo, entry.Handler)));
        Assert.Contains(nameof(NodeDownTests), table.NodeDownHandlerName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_hangs_is_left_alone_after_its_time_and_holds_up_nothing()
    {
        var never = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        var table = await TableAsync(NodeDownRule.RemoveOwned, (_, token) =>
        {
            token.Register(() => cancelled.TrySetResult());
            began.TrySetResult();
            return never.Task;
        });
        var handlers = Bury(table, Dead);
        await began.Task;
        Assert.Equal(NodeDownOutcome.Running, Assert.Single(table.NodeDownHistory).Handler);
        Assert.Equal(1, table.Count);
        await table.InsertAsync("meanwhile", "record");

        _time.Advance(TimeSpan.FromSeconds(31));
        await handlers;
        await cancelled.Task;
        Assert.Equal(NodeDownOutcome.TimedOut, Assert.Single(table.NodeDownHistory).Handler);
    }

    [Fact]
    public async Task The_history_keeps_the_last_deaths()
    {
        var table = await TableAsync(NodeDownRule.Keep, null);
        for (var i = 1; i <= 40; i++)
        {
            await BuryAsync(table, new ReplicaId($"127.0.0.1:9@{i:00}"));
        }

        Assert.Equal(32, table.NodeDownHistory.Count);
        Assert.EndsWith("@40", table.NodeDownHistory[^1].Silo, StringComparison.Ordinal);
        Assert.All(table.NodeDownHistory, entry => Assert.Equal(NodeDownOutcome.NoHandler, entry.Handler));
    }

    // As the undertaker does.
    private Task Bury(ReplicatedTable<string, string> table, ReplicaId dead)
    {
        table.LockedAndComplete(replica => replica.OnDead(dead));
        var deaths = table.TakeDeaths();
        var sweep = table.Locked(replica => replica.BeginSweep());
        for (var isMore = sweep is not null; isMore;)
        {
            isMore = sweep!.Find(maxLooks: 10, maxFound: 5);
            table.Locked(_ =>
            {
                sweep.Remove();
                return true;
            });
        }

        new NodeDownHandlers(Options.Create(new ReplicationOptions()), _time, NullLogger<NodeDownHandlers>.Instance)
            .Start(table, deaths, sweep?.Removed ?? 0);
        return table.NodeDownHandlers;
    }

    private Task BuryAsync(ReplicatedTable<string, string> table, ReplicaId dead) => Bury(table, dead);

    // With one record of its own, and two of a silo that will die.
    private async Task<ReplicatedTable<string, string>> TableAsync(
        NodeDownRule rule, Func<NodeDownEvent<string, string>, CancellationToken, Task>? handler)
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("table") { NodeDown = rule, OnNodeDown = handler }, _time);
        await table.InsertAsync("own", "record");
        var other = LocalTable.Make(new TableDefinition<string, string>("table"), _time, Dead.Value);
        table.Locked(replica => replica.Hello(Dead, 1, []));
        other.Locked(replica => replica.Hello(table.Replica.Self, 1, []));
        var writes = other.InsertManyAsync([new("dead-1", "record"), new("dead-2", "record")]);
        var batch = other.TakeBatch(table.Replica.Self, int.MaxValue)!;
        Assert.Equal(ReceiveOutcome.Applied, table.Receive(batch));
        other.OnDelivered(table.Replica.Self, batch);
        await writes;
        return table;
    }
}
