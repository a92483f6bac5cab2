using Microsoft.Extensions.DependencyInjection;
using MimGrains.Configuration;
using MimGrains.TestSupport;
using Orleans;
using Orleans.Messaging;

namespace MimGrains.Clustering.Tests;

public abstract class RdbmsMembershipTableTests(ITestDatabases databases) : MembershipTableContract
{
    private readonly List<ServiceProvider> _services = [];
    private RdbmsConnectionOptions _database = null!;

    public override async Task InitializeAsync()
    {
        _database = await databases.CreateDatabaseAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        foreach (var services in _services)
        {
            await services.DisposeAsync();
        }
    }

    protected override Task<IMembershipTable> OpenTableAsync() => Task.FromResult(Open("c1"));

    protected override async Task<IGatewayListProvider> OpenGatewaysAsync()
    {
        var services = RdbmsServices.OfClient(_database);
        _services.Add(services);
        var gateways = services.GetRequiredService<IGatewayListProvider>();
        await gateways.InitializeGatewayListProviderAsync();
        return gateways;
    }

    [Fact]
    public async Task Clusters_with_different_names_in_one_database_do_not_see_each_other()
    {
        var other = Open("c2");
        await other.InitializeMembershipTableAsync(true);
        var silo = Silo();
        await InsertAsync(silo);

        Assert.Empty((await other.ReadAllAsync()).Members);
        Assert.Equal(0, (await other.ReadAllAsync()).Version.Version);

        Assert.True(await other.InsertRowAsync(silo, (await other.ReadAllAsync()).Version.Next()));
        silo.Status = Orleans.Runtime.SiloStatus.Dead;
        var data = await other.ReadAllAsync();
        Assert.True(await other.UpdateRowAsync(silo, data.Members[0].Item2, data.Version.Next()));
        await other.CleanupDefunctSiloEntriesAsync(Now.AddDays(1));

        Assert.Empty((await other.ReadAllAsync()).Members);
        Assert.Equal(Orleans.Runtime.SiloStatus.Active, Assert.Single((await Table.ReadAllAsync()).Members).Item1.Status);
    }

    private IMembershipTable Open(string clusterName)
    {
        var services = RdbmsServices.OfSilo(_database, clusterName);
        _services.Add(services);
        return services.GetRequiredService<IMembershipTable>();
    }
}

public sealed class PostgresMembershipTableTests(PostgresServer databases)
    : RdbmsMembershipTableTests(databases), IClassFixture<PostgresServer>;

public sealed class SqliteMembershipTableTests(SqliteFiles databases)
    : RdbmsMembershipTableTests(databases), IClassFixture<SqliteFiles>;
