using MimGrains.Configuration;
using MimGrains.Sessions;
using MimGrains.TestSupport;

namespace MimGrains.Cluster.Tests.InProcess;

/// <summary>Silos that come, go and start at once; clusters that share a database.</summary>
public abstract class ChangingClusterTests(ITestDatabases databases) : IAsyncLifetime
{
    private RdbmsConnectionOptions _database = null!;

    public async Task InitializeAsync() => _database = await databases.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_late_silo_has_everything_though_writers_go_on()
    {
        await using var cluster = await MimCluster.StartAsync(_database, 2);
        var loads = cluster.Sessions.Select((sessions, number) => SessionLoad.Start(sessions, $"u{number}")).ToList();
        await Task.WhenAll(loads.Select(load => load.MoreAsync(2_000)));

        var late = MimCluster.SessionsOf(await cluster.AddSiloAsync());
        await Task.WhenAll(loads.Select(load => load.MoreAsync(500)));
        var own = SessionLoad.Start(late, "late");
        await own.MoreAsync(500);
        loads.Add(own);
        await Task.WhenAll(loads.Select(load => load.StopAsync()));

        var opened = loads.SelectMany(load => load.Opened).ToList();
        foreach (var sessions in cluster.Sessions.Append(cluster.ClientSessions))
        {
            await SessionReader.AssertOpenAsync(sessions, opened);
        }
    }

    [Fact]
    public async Task A_killed_silo_loses_its_own_sessions_and_no_others()
    {
        await using var cluster = await MimCluster.StartAsync(_database, 3);
        var loads = cluster.Sessions.Select((sessions, number) => SessionLoad.Start(sessions, $"u{number}")).ToList();
        await Task.WhenAll(loads.Select(load => load.MoreAsync(1_000)));
        var victim = cluster.Silos[2];

        await cluster.KillAsync(victim);
        await loads[2].AbandonAsync();
        foreach (var survivor in cluster.Sessions)
        {
            await SessionReader.GoneAsync(survivor, victim.SiloAddress.ToParsableString());
        }

        await Task.WhenAll(loads.Take(2).Select(load => load.MoreAsync(200)));
        await Task.WhenAll(loads.Take(2).Select(load => load.StopAsync()));
        var opened = loads.Take(2).SelectMany(load => load.Opened).ToList();
        Assert.Equal(2, cluster.Sessions.Count);
        foreach (var survivor in cluster.Sessions)
        {
            await SessionReader.AssertOpenAsync(survivor, opened);
        }
    }

    [Fact]
    public async Task Clusters_with_two_names_in_one_database_never_see_each_other()
    {
        await using var red = await MimCluster.StartAsync(_database, 2, "red");
        await using var blue = await MimCluster.StartAsync(_database, 2, "blue");
        foreach (var (own, other) in new[] { (red, blue), (blue, red) })
        {
            var key = await own.Sessions[0].OpenAsync("example.com", "alice", "phone", new SessionRecord());
            foreach (var sessions in own.Sessions.Append(own.ClientSessions))
            {
                Assert.Equal([key], await SessionReader.KeysAsync(sessions, "example.com"));
            }

            foreach (var sessions in other.Sessions.Append(other.ClientSessions))
            {
                Assert.Null(await sessions.GetAsync(key));
            }

            await own.Sessions[1].CloseAsync(key);
            AssertNodes(own);
        }
    }

    [Fact]
    public async Task Five_silos_started_at_once_are_one_cluster_with_distinct_numbers()
    {
        await using var cluster = await MimCluster.StartAsync(_database, 5);

        AssertNodes(cluster);
        var key = await cluster.Sessions[4].OpenAsync("example.com", "alice", "phone", new SessionRecord());
        foreach (var sessions in cluster.Sessions.Append(cluster.ClientSessions))
        {
            Assert.NotNull(await sessions.GetAsync(key));
        }
    }

    // The silos are numbered from 1 on, they and no others are in the list of the nodes, and all are active to each other.
    private static void AssertNodes(MimCluster cluster)
    {
        var all = cluster.Silos.Select(silo => silo.SiloAddress).ToHashSet();
        var numbers = Enumerable.Range(1, all.Count);
        var nodes = cluster.Silos.Select(MimCluster.NodesOf).OrderBy(registry => registry.NodeNumber).ToList();
        Assert.Equal(numbers, nodes.Select(registry => registry.NodeNumber!.Value));
        Assert.All(cluster.Silos, silo => Assert.Equal(all, MimCluster.ActiveSilosOf(silo)));

        // Who starts sees those that have a number by then; the last one, all.
        var names = cluster.Silos.Select(silo => $"mongooseim-{silo.SiloAddress.Endpoint.Port}@127.0.0.1").ToHashSet();
        Assert.All(nodes, registry => Assert.Subset(names, registry.Nodes.Select(node => node.Name).ToHashSet()));
        Assert.Equal(names, nodes[^1].Nodes.Select(node => node.Name).ToHashSet());
        Assert.Equal(numbers, nodes[^1].Nodes.Select(node => node.Number));
    }
}

public sealed class PostgresChangingClusterTests(PostgresServer databases)
    : ChangingClusterTests(databases), IClassFixture<PostgresServer>;

public sealed class SqliteChangingClusterTests(SqliteFiles databases)
    : ChangingClusterTests(databases), IClassFixture<SqliteFiles>;
