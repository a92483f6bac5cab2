using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

public abstract class StreamManagementContract(BackendCluster cluster)
{
    private IStreamManagementBackend First => cluster.Get<IStreamManagementBackend>(0);

    private IStreamManagementBackend Second => cluster.Get<IStreamManagementBackend>(1);

    [Fact]
    public async Task An_id_is_found_by_its_session_and_the_session_by_its_id()
    {
        var session = Session("found");
        await First.RegisterAsync("found-1", session);
        Assert.Equal(session, await Second.FindSessionAsync("found-1"));
        Assert.Equal("found-1", await Second.FindIdAsync(session));

        await First.RegisterAsync("found-2", session);
        Assert.Null(await Second.FindSessionAsync("found-1"));
        Assert.Equal("found-2", await Second.FindIdAsync(session));

        Assert.Equal("found-2", await First.UnregisterAsync(session));
        Assert.Null(await First.UnregisterAsync(session));
        Assert.Null(await Second.FindSessionAsync("found-2"));
        Assert.Null(await Second.FindIdAsync(session));
    }

    [Fact]
    public async Task The_id_of_a_session_that_ends_goes_with_it()
    {
        var key = await cluster.Get<ISessionManager>(0).OpenAsync("sm.example", "alice", "phone", new SessionRecord());
        await First.RegisterAsync("ends", key);
        await cluster.Get<ISessionManager>(1).CloseAsync(key);
        Assert.Null(await First.FindSessionAsync("ends"));
        Assert.Null(await Second.FindSessionAsync("ends"));
    }

    [Fact]
    public async Task What_was_handled_is_kept_for_a_while_and_then_forgotten_on_all_silos()
    {
        await First.StoreStaleAsync("stale", 7);
        Assert.Equal(7, await Second.FindStaleAsync("stale"));
        await BackendCluster.UntilAsync(async () =>
            await First.FindStaleAsync("stale") is null && await Second.FindStaleAsync("stale") is null);
    }

    [Fact]
    public async Task What_was_handled_is_forgotten_when_it_is_removed()
    {
        await First.StoreStaleAsync("removed", 7);
        await Second.RemoveStaleAsync("removed");
        Assert.Null(await First.FindStaleAsync("removed"));
    }

    private SessionKey Session(string user) => new("sm.example", user, "r", new SessionId(1, cluster.NameOf(0)));
}

[Collection(CetsCollection.Name)]
public sealed class CetsStreamManagementTests(CetsCluster cluster) : StreamManagementContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaStreamManagementTests(MnesiaCluster cluster) : StreamManagementContract(cluster);
