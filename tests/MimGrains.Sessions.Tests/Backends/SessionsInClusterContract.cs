using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

/// <summary>Sessions of two silos and a client: who replaces whom, and how messages get there.</summary>
public abstract class SessionsInClusterContract(BackendCluster cluster)
{
    private const string Server = "cluster.example";

    private ISessionManager Client => cluster.Cluster.Client.ServiceProvider.GetRequiredService<ISessionManager>();

    [Fact]
    public async Task A_session_of_another_silo_is_told_and_replaced()
    {
        var connection = new RecordingConnection();
        var old = await OpenAsync(0, "replaced", connection);
        var key = await OpenAsync(1, "replaced", new RecordingConnection());

        Assert.Equal((old, key), (Assert.Single(connection.Ended).Session, connection.Ended[0].End.By));
        for (var silo = 0; silo < 2; silo++)
        {
            var sessions = await cluster.Get<ISessionManager>(silo).GetUserSessionsAsync(Server, "replaced");
            Assert.Equal(key, Assert.Single(sessions).Key);
        }
    }

    [Fact]
    public async Task Of_sessions_that_are_opened_at_once_the_greatest_stays_on_every_silo()
    {
        for (var round = 0; round < 25; round++)
        {
            var user = $"at-once-{round}";
            var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(async number =>
            {
                var connection = new RecordingConnection();
                try
                {
                    return (Key: (SessionKey?)await OpenAsync(number % 2, user, connection), Connection: connection);
                }
                catch (SessionReplacedException)
                {
                    return (Key: null, Connection: connection);
                }
            }));

            var winner = opened.Where(open => open.Key is not null).Max(open => open.Key!.Value);
            for (var silo = 0; silo < 2; silo++)
            {
                var sessions = await cluster.Get<ISessionManager>(silo).GetUserSessionsAsync(Server, user);
                Assert.Equal(winner, Assert.Single(sessions).Key);
            }

            // Whoever was let in and does not stay was told, once.
            Assert.All(opened.Where(open => open.Key is not null && open.Key != winner), open => Assert.Single(open.Connection.Ended));
        }
    }

    [Fact]
    public async Task A_message_reaches_a_connection_wherever_it_is_from_wherever_it_is_sent()
    {
        var connections = new[] { new RecordingConnection(), new RecordingConnection(), new RecordingConnection() };
        await OpenAsync(0, "here0", connections[0]);
        await OpenAsync(1, "here1", connections[1]);
        var reference = cluster.Cluster.Client.CreateObjectReference<ISessionConnection>(connections[2]);
        await Client.OpenAsync(Server, "here2", "r", new SessionRecord().WithConnection(reference));

        foreach (var sender in new[] { cluster.Get<ISessionManager>(0), cluster.Get<ISessionManager>(1), Client })
        {
            for (var number = 0; number < 3; number++)
            {
                var result = await sender.RouteAsync(new Jid($"here{number}", Server, "r"), new byte[] { (byte)number });
                Assert.Equal(new RouteResult(RouteOutcome.Delivered, 1), result);
            }
        }

        Assert.All(connections, connection => Assert.Equal(3, connection.Received.Count));
        Assert.All(connections[1].Received, received => Assert.Equal([1], (byte[])received.Message));
        GC.KeepAlive(reference);
    }

    [Fact]
    public async Task Changes_and_closes_of_one_session_on_two_silos_never_bring_it_back()
    {
        for (var round = 0; round < 50; round++)
        {
            var key = await OpenAsync(0, $"race-{round}", new RecordingConnection());
            var changes = Enumerable.Range(0, 4).Select(async number =>
            {
                try
                {
                    await cluster.Get<ISessionManager>(number % 2).SetPresenceAsync(key, number);
                }
                catch (SessionNotFoundException)
                {
                    // It was closed before.
                }
            });
            await Task.WhenAll([.. changes, cluster.Get<ISessionManager>(1).CloseAsync(key).AsTask()]);
            Assert.Null(await cluster.Get<ISessionManager>(0).GetAsync(key));
            Assert.Null(await cluster.Get<ISessionManager>(1).GetAsync(key));
        }
    }

    private ValueTask<SessionKey> OpenAsync(int silo, string user, RecordingConnection connection)
    {
        var target = cluster.Get<IGrainFactory>(silo).CreateObjectReference<ISessionConnection>(connection);
        return cluster.Get<ISessionManager>(silo).OpenAsync(Server, user, "r", new SessionRecord { Priority = 1 }.WithConnection(target));
    }
}

[Collection(CetsCollection.Name)]
public sealed class CetsSessionsInClusterTests(CetsCluster cluster) : SessionsInClusterContract(cluster);

[Collection(MnesiaCollection.Name)]
public sealed class MnesiaSessionsInClusterTests(MnesiaCluster cluster) : SessionsInClusterContract(cluster);
