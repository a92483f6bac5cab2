using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

public abstract class MucOnlineContract(BackendCluster cluster)
{
    private IMucOnlineBackend First => cluster.Get<IMucOnlineBackend>(0);

    private IMucOnlineBackend Second => cluster.Get<IMucOnlineBackend>(1);

    [Fact]
    public async Task Of_two_that_register_a_room_at_once_one_wins_and_the_others_are_told_by_whom()
    {
        var room = new MucRoom("ht", "rooms.example", "at-once");
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => cluster.Get<IMucOnlineBackend>(number % 2)
            .RegisterAsync(room, cluster.On(number % 2, $"p{number}")).AsTask()));

        var winner = Assert.Single(results, result => result.IsNew).Online;
        Assert.All(results, result => Assert.Equal(winner, result.Online));
        Assert.Equal(winner, await First.FindAsync(room));
        Assert.Equal(winner, await Second.FindAsync(room));
    }

    [Fact]
    public async Task A_room_is_removed_by_who_serves_it_only()
    {
        var room = new MucRoom("ht", "rooms.example", "removed");
        await First.RegisterAsync(room, cluster.On(0));
        Assert.False(await Second.RemoveAsync(room, cluster.On(1)));
        Assert.Equal(cluster.On(0), await Second.FindAsync(room));
        Assert.True(await First.RemoveAsync(room, cluster.On(0)));
        Assert.Null(await Second.FindAsync(room));
    }

    [Fact]
    public async Task The_rooms_of_a_host_are_listed()
    {
        MucRoom[] rooms = [new("ht", "list.example", "a"), new("ht", "list.example", "b"), new("ht", "list.example.org", "c"), new("ht2", "list.example", "d")];
        foreach (var room in rooms)
        {
            await First.RegisterAsync(room, cluster.On(0));
        }

        Assert.Equal(rooms[..2], (await Second.GetOnlineAsync("ht", "list.example")).Select(online => online.Key));
    }
}

[Collection(CetsCollection.Name)]
public sealed class CetsMucOnlineTests(CetsCluster cluster) : MucOnlineContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaMucOnlineTests(MnesiaCluster cluster) : MucOnlineContract(cluster);
