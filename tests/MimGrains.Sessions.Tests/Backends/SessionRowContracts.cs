using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

public abstract class CapabilitiesContract(BackendCluster cluster)
{
    private ICapabilitiesBackend First => cluster.Get<ICapabilitiesBackend>(0);

    private ICapabilitiesBackend Second => cluster.Get<ICapabilitiesBackend>(1);

    [Fact]
    public async Task Features_are_found_by_hash_and_host_type()
    {
        await First.StoreHashAsync("ht", "hash", ["a", "b"]);
        Assert.Equal(["a", "b"], await Second.FindHashAsync("ht", "hash"));
        Assert.Null(await Second.FindHashAsync("other", "hash"));
    }

    [Fact]
    public async Task Features_of_a_session_are_found_by_its_jid_and_go_with_it()
    {
        var key = await cluster.Get<ISessionManager>(0).OpenAsync("caps.example", "alice", "phone", new SessionRecord());
        await First.StoreAsync(key, ["a"]);
        Assert.Equal(["a"], await Second.FindAsync(new Jid("Alice", "caps.example", "phone")));
        Assert.Null(await Second.FindAsync(new Jid("alice", "caps.example", "laptop")));

        await cluster.Get<ISessionManager>(0).CloseAsync(key);
        Assert.Null(await Second.FindAsync(new Jid("alice", "caps.example", "phone")));
    }

    [Fact]
    public async Task Features_of_a_session_are_removed_when_asked()
    {
        var key = new SessionKey("caps.example", "bob", "phone", new SessionId(1, cluster.NameOf(0)));
        await First.StoreAsync(key, ["a"]);
        await First.RemoveAsync(key);
        Assert.Null(await Second.FindAsync(new Jid("bob", "caps.example", "phone")));
    }
}

public abstract class AnonymousContract(BackendCluster cluster)
{
    [Fact]
    public async Task A_user_exists_as_long_as_it_has_an_anonymous_session()
    {
        var (first, second) = (cluster.Get<IAnonymousBackend>(0), cluster.Get<IAnonymousBackend>(1));
        var sessions = cluster.Get<ISessionManager>(0);
        var phone = await sessions.OpenAsync("anon.example", "alice", "phone", new SessionRecord());
        var laptop = await sessions.OpenAsync("anon.example", "alice", "laptop", new SessionRecord());
        Assert.False(await second.ExistsAsync("anon.example", "alice"));
        await first.AddAsync(phone);
        await first.AddAsync(laptop);

        Assert.True(await second.ExistsAsync("anon.example", "Alice"));
        await first.RemoveAsync(phone);
        Assert.True(await second.ExistsAsync("anon.example", "alice"));
        await sessions.KickAsync(laptop);
        Assert.False(await second.ExistsAsync("anon.example", "alice"));
    }
}

public abstract class KeystoreContract(BackendCluster cluster)
{
    [Fact]
    public async Task The_first_key_counts_on_all_silos()
    {
        var id = new KeystoreId("ht", "token");
        Assert.Null(await cluster.Get<IKeystoreBackend>(0).FindAsync(id));
        var keys = await Task.WhenAll(Enumerable.Range(1, 10).Select(number => cluster.Get<IKeystoreBackend>(number % 2)
            .GetOrAddAsync(id, new[] { (byte)number }).AsTask()));

        Assert.Single(keys.Select(key => key.Span[0]).Distinct());
        Assert.Equal(keys[0].ToArray(), (await cluster.Get<IKeystoreBackend>(0).FindAsync(id))!.Value.ToArray());
        Assert.Equal(keys[0].ToArray(), (await cluster.Get<IKeystoreBackend>(1).FindAsync(id))!.Value.ToArray());
    }
}

public abstract class ClusterIdContract(BackendCluster cluster)
{
    // all_nodes_in_the_cluster_have_the_same_cluster_id
    [Fact]
    public async Task All_silos_have_the_same_id_and_it_says_that_it_does_not_last()
    {
        var id = await cluster.Get<IClusterId>(0).GetAsync();
        Assert.StartsWith("ephemeral-", id, StringComparison.Ordinal);
        Assert.True(Guid.TryParse(id["ephemeral-".Length..], out _));
        Assert.Equal(id, await cluster.Get<IClusterId>(1).GetAsync());
    }
}

[Collection(CetsCollection.Name)]
public sealed class CetsCapabilitiesTests(CetsCluster cluster) : CapabilitiesContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaCapabilitiesTests(MnesiaCluster cluster) : CapabilitiesContract(cluster);

[Collection(CetsCollection.Name)]
public sealed class CetsAnonymousTests(CetsCluster cluster) : AnonymousContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaAnonymousTests(MnesiaCluster cluster) : AnonymousContract(cluster);

[Collection(CetsCollection.Name)]
public sealed class CetsKeystoreTests(CetsCluster cluster) : KeystoreContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaKeystoreTests(MnesiaCluster cluster) : KeystoreContract(cluster);

[Collection(CetsCollection.Name)]
public sealed class CetsClusterIdInClusterTests(CetsCluster cluster) : ClusterIdContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaClusterIdInClusterTests(MnesiaCluster cluster) : ClusterIdContract(cluster);
