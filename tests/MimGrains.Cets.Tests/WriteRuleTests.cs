using Microsoft.Extensions.Time.Testing;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>When writes return, and which of them are made: on one silo, with peers that answer when the test says so.</summary>
public sealed class WriteRuleTests
{
    private static readonly ReplicaId[] Peers = [new("127.0.0.1:2@1"), new("127.0.0.1:3@1"), new("127.0.0.1:4@1"), new("127.0.0.1:5@1")];

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));

    [Fact]
    public async Task A_majority_returns_with_two_of_four_others_and_all_with_the_last()
    {
        var table = Table(WriteConcern.Majority);
        var write = table.InsertAsync("key", "record");
        Answer(table, Peers[3]);
        Assert.False(write.IsCompleted);
        Answer(table, Peers[0]);
        await write;

        table = Table(WriteConcern.All);
        write = table.InsertAsync("key", "record");
        foreach (var peer in Peers[..3])
        {
            Answer(table, peer);
            Assert.False(write.IsCompleted);
        }

        Answer(table, Peers[3]);
        await write;
    }

    [Fact]
    public async Task A_local_write_returns_at_once_and_still_travels()
    {
        var table = Table(WriteConcern.Local);
        await table.InsertAsync("key", "record");
        Assert.True(table.HasUnsent(Peers[0]));
        Answer(table, Peers[0]);
        Assert.Equal(1, table.Locked(replica => replica.AckedBy(Peers[0])));
    }

    [Fact]
    public async Task A_write_that_gets_no_majority_in_time_names_who_is_silent()
    {
        var table = Table(WriteConcern.Majority);
        var write = table.InsertAsync("key", "record");
        Answer(table, Peers[1]);
        _time.Advance(TimeSpan.FromSeconds(11));
        table.ExpireWrites();
        var error = await Assert.ThrowsAsync<WriteNotAcknowledgedException>(() => write);
        Assert.Equal([Peers[0].Value, Peers[2].Value, Peers[3].Value], error.MissingSilos);
    }

    [Fact]
    public async Task The_death_of_silent_silos_makes_a_majority_of_the_others()
    {
        var table = Table(WriteConcern.Majority);
        var write = table.InsertAsync("key", "record");
        Answer(table, Peers[1]);
        table.LockedAndComplete(replica => replica.OnDead(Peers[0]));
        Assert.False(write.IsCompleted);
        table.LockedAndComplete(replica => replica.OnDead(Peers[2]));
        await write;
    }

    [Fact]
    public async Task Delete_object_deletes_what_is_equal_and_nothing_else()
    {
        var table = LocalTable.Make(new TableDefinition<string, Guest>("guests"), _time);
        await table.InsertManyAsync([new("a", new Guest("blue", 1)), new("b", new Guest("blue", 2)), new("c", new Guest("red", 3))]);
        Assert.False(await table.DeleteObjectAsync("a", new Guest("blue", 2)));
        Assert.True(await table.DeleteObjectAsync("a", new Guest("blue", 1)));
        Assert.Equal(1, await table.DeleteObjectsAsync(
            [new("a", new Guest("blue", 1)), new("b", new Guest("blue", 2)), new("c", new Guest("red", 4))]));
        Assert.Equal("c", Assert.Single(table.Dump()).Key);
    }

    [Fact]
    public async Task Records_without_an_equality_of_their_own_are_compared_by_their_bytes()
    {
        var table = LocalTable.Make(new TableDefinition<string, Box>("boxes"), _time);
        await table.InsertAsync("a", new Box { Value = 7 });
        Assert.False(await table.DeleteObjectAsync("a", new Box { Value = 8 }));
        Assert.True(await table.DeleteObjectAsync("a", new Box { Value = 7 }));
    }

    [Fact]
    public async Task A_record_expires_by_the_clock_of_its_silo()
    {
        var table = LocalTable.Make(
            new TableDefinition<string, string>("short") { TimeToLive = static (_, record) => TimeSpan.Parse(record, null) }, _time);
        await table.InsertAsync("a", "00:00:10");
        await table.InsertAsync("b", "00:00:20");
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(table.ExpireRecords());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(table.ExpireRecords());
        Assert.Equal("b", Assert.Single(table.Dump()).Key);
    }

    private ReplicatedTable<string, string> Table(WriteConcern concern)
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("table") { WriteConcern = concern }, _time);
        foreach (var peer in Peers)
        {
            table.Locked(replica => replica.Hello(peer, 1, []));
        }

        return table;
    }

    private static void Answer(ReplicatedTable<string, string> table, ReplicaId peer) =>
        table.OnDelivered(peer, table.TakeBatch(peer, int.MaxValue)!);
}

[GenerateSerializer]
public sealed class Box
{
    [Id(0)]
    public int Value { get; init; }
}
