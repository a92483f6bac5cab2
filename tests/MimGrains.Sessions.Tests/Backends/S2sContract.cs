using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

public abstract class S2sContract(BackendCluster cluster)
{
    private IS2sBackend First => cluster.Get<IS2sBackend>(0);

    private IS2sBackend Second => cluster.Get<IS2sBackend>(1);

    [Fact]
    public async Task However_many_register_at_once_a_pair_gets_no_more_than_the_most()
    {
        var pair = new S2sPair("us.example", "at-once.example");
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cluster.Get<IS2sBackend>(number % 2)
            .TryRegisterAsync(pair, cluster.On(number % 2, $"c{number}"), 3).AsTask()));

        Assert.Equal(3, results.Count(isRegistered => isRegistered));
        Assert.Equal(3, (await First.GetAsync(pair)).Count);
        Assert.Equal((await First.GetAsync(pair)).OrderBy(c => c.Id), (await Second.GetAsync(pair)).OrderBy(c => c.Id));
    }

    [Fact]
    public async Task A_connection_counts_once_and_makes_room_when_it_is_removed()
    {
        var pair = new S2sPair("us.example", "Room.EXAMPLE");
        Assert.True(await First.TryRegisterAsync(pair, cluster.On(0, "a")));
        Assert.True(await First.TryRegisterAsync(pair with { To = "room.example" }, cluster.On(0, "a")));
        Assert.False(await Second.TryRegisterAsync(pair, cluster.On(1, "b")));

        await Second.RemoveAsync(pair, cluster.On(1, "b"));
        Assert.Equal([cluster.On(0, "a")], await Second.GetAsync(pair));
        await First.RemoveAsync(pair, cluster.On(0, "a"));
        Assert.True(await Second.TryRegisterAsync(pair, cluster.On(1, "b")));
        Assert.Equal([cluster.On(1, "b")], await First.GetAsync(pair));
    }

    [Fact]
    public async Task The_first_random_secret_counts_on_all_silos()
    {
        var secrets = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => cluster.Get<IS2sBackend>(number % 2)
            .RegisterSecretAsync("random", $"secret-{number}", SecretSource.Random).AsTask()));

        Assert.Single(secrets.Distinct());
        Assert.Equal(secrets[0], await First.FindSecretAsync("random"));
        Assert.Equal(secrets[0], await Second.FindSecretAsync("random"));
    }

    [Fact]
    public async Task A_secret_of_the_configuration_replaces_a_random_one_and_not_the_other_way_round()
    {
        await First.RegisterSecretAsync("configured", "made", SecretSource.Random);
        Assert.Equal("given", await Second.RegisterSecretAsync("configured", "given", SecretSource.Configuration));
        Assert.Equal("given", await First.RegisterSecretAsync("configured", "made again", SecretSource.Random));
        Assert.Equal("given", await First.FindSecretAsync("configured"));
        Assert.Null(await First.FindSecretAsync("nobody"));
    }

    [Fact]
    public async Task Arguments_out_of_range_are_refused()
    {
        var pair = new S2sPair("us.example", "them.example");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await First.TryRegisterAsync(pair, cluster.On(0), 0));
        await Assert.ThrowsAsync<ArgumentException>(async () => await First.GetAsync(new S2sPair("us.example", "a b")));
    }
}

[Collection(CetsCollection.Name)]
public sealed class CetsS2sTests(CetsCluster cluster) : S2sContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaS2sTests(MnesiaCluster cluster) : S2sContract(cluster);
