using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MimGrains.Clustering;
using MimGrains.Sessions;
using MimGrains.TestSupport;
using Orleans.Configuration;

namespace MimGrains.Cluster.Tests.InProcess;

/// <summary>Three silos and a client that stay: what one does, the others see when the call returns.</summary>
public abstract class ThreeSilosTests(ThreeSilos silos)
{
    private const string Server = "example.com";

    private static readonly SessionRecord Phone = new()
    {
        Priority = 5, Address = "192.0.2.7", Port = 5222, Connection = ConnectionType.C2sTls,
        Info = new Dictionary<string, string> { ["mod"] = "sasl2" },
    };

    private readonly MimCluster _cluster = silos.Cluster;

    private IEnumerable<ISessionManager> Everybody => _cluster.Sessions.Append(_cluster.ClientSessions);

    [Fact]
    public void Three_silos_find_each_other()
    {
        var everySilo = _cluster.Silos.Select(silo => silo.SiloAddress).ToHashSet();
        Assert.Equal(3, everySilo.Count);
        Assert.All(_cluster.Silos, silo => Assert.Equal(everySilo, MimCluster.ActiveSilosOf(silo)));
        Assert.All(_cluster.Silos, silo => Assert.Equal(
            ("mongooseim-1.0", "mongooseim"), IdsOf(MimCluster.ServicesOf(silo))));
    }

    [Fact]
    public async Task A_session_opened_on_one_silo_is_read_on_the_others()
    {
        foreach (var (silo, number) in _cluster.Sessions.Select((silo, number) => (silo, number)))
        {
            var user = $"alice{number}";
            var key = await silo.OpenAsync(Server, user, "phone", Phone);
            foreach (var reader in Everybody)
            {
                AssertPhone(key, await reader.GetAsync(key));
                AssertPhone(key, Assert.Single(await reader.GetUserSessionsAsync(Server, user)));
                AssertPhone(key, Assert.Single(await reader.GetFullJidSessionsAsync(Server, user, "phone")));
            }
        }
    }

    [Fact]
    public async Task A_session_opened_by_a_client_belongs_to_a_silo_and_is_read_on_all()
    {
        var key = await _cluster.ClientSessions.OpenAsync(Server, "carol", "phone", Phone);
        Assert.Contains(key.Id.Silo, _cluster.Silos.Select(silo => silo.SiloAddress.ToParsableString()));
        foreach (var reader in Everybody)
        {
            AssertPhone(key, await reader.GetAsync(key));
        }
    }

    [Fact]
    public async Task A_closed_session_is_gone_everywhere_whoever_closes_it()
    {
        foreach (var closer in Everybody)
        {
            var key = await _cluster.Sessions[0].OpenAsync(Server, "dave", "phone", Phone);
            await closer.CloseAsync(key);
            foreach (var reader in Everybody)
            {
                Assert.Null(await reader.GetAsync(key));
                Assert.Empty(await reader.GetUserSessionsAsync(Server, "dave"));
            }
        }
    }

    [Fact]
    public async Task Counts_are_the_same_everywhere()
    {
        var before = await CountsAsync(_cluster.Sessions[0]);
        var first = await _cluster.Sessions[0].OpenAsync(Server, "erin", "phone", Phone);
        await _cluster.Sessions[1].OpenAsync(Server, "erin", "laptop", Phone);
        await _cluster.Sessions[2].OpenManyAsync([new(Server, "frank", "phone", Phone), new("example.org", "erin", "phone", Phone)]);
        foreach (var reader in Everybody)
        {
            Assert.Equal((before.Total + 4, before.Users + 3), await CountsAsync(reader));
            Assert.Equal(before.Total + 4, (await reader.CountBySiloAsync()).Values.Sum());
        }

        await _cluster.ClientSessions.CloseAsync(first);
        foreach (var reader in Everybody)
        {
            Assert.Equal((before.Total + 3, before.Users + 3), await CountsAsync(reader));
        }
    }

    private static (string ClusterId, string ServiceId) IdsOf(IServiceProvider services)
    {
        var ids = services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        return (ids.ClusterId, ids.ServiceId);
    }

    private static async Task<(long Total, long Users)> CountsAsync(ISessionManager sessions) =>
        (await sessions.CountAsync(), await sessions.CountUniqueUsersAsync());

    // Records are compared by value, but for the dictionary in them.
    private static void AssertPhone(SessionKey key, Session? seen)
    {
        Assert.NotNull(seen);
        Assert.Equal(key, seen.Value.Key);
        Assert.Equal(Phone.Info, seen.Value.Record.Info);
        Assert.Equal(Phone, seen.Value.Record with { Info = Phone.Info });
    }
}

/// <summary>The cluster that these tests share.</summary>
public abstract class ThreeSilos(ITestDatabases databases) : IAsyncLifetime
{
    internal MimCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await databases.InitializeAsync();
        Cluster = await MimCluster.StartAsync(await databases.CreateDatabaseAsync(), 3);
    }

    public async Task DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await databases.DisposeAsync();
    }
}

public sealed class ThreeSilosOnPostgres() : ThreeSilos(new PostgresServer());

public sealed class ThreeSilosOnSqlite() : ThreeSilos(new SqliteFiles());

public sealed class PostgresThreeSilosTests(ThreeSilosOnPostgres silos)
    : ThreeSilosTests(silos), IClassFixture<ThreeSilosOnPostgres>;

public sealed class SqliteThreeSilosTests(ThreeSilosOnSqlite silos)
    : ThreeSilosTests(silos), IClassFixture<ThreeSilosOnSqlite>;
