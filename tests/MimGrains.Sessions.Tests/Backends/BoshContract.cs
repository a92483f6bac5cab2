using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

public abstract class BoshContract(BackendCluster cluster)
{
    [Fact]
    public async Task A_session_is_created_found_listed_and_removed()
    {
        var (first, second) = (cluster.Get<IBoshBackend>(0), cluster.Get<IBoshBackend>(1));
        Assert.True(await first.TryCreateAsync("sid", cluster.On(0)));
        Assert.False(await second.TryCreateAsync("sid", cluster.On(1)));
        Assert.Equal(cluster.On(0), await second.FindAsync("sid"));
        Assert.Contains(KeyValuePair.Create("sid", cluster.On(0)), await second.GetAllAsync());

        await second.RemoveAsync("sid");
        await second.RemoveAsync("sid");
        Assert.Null(await first.FindAsync("sid"));
    }

    [Fact]
    public async Task Of_two_with_one_id_one_is_created()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            cluster.Get<IBoshBackend>(number % 2).TryCreateAsync("twice", cluster.On(number % 2, $"{number}")).AsTask()));
        Assert.Single(created, isCreated => isCreated);
    }
}

[Collection(CetsCollection.Name)]
public sealed class CetsBoshTests(CetsCluster cluster) : BoshContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaBoshTests(MnesiaCluster cluster) : BoshContract(cluster);
