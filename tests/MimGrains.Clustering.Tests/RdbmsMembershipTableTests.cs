using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Configuration;
using MimGrains.TestSupport;
using Orleans;
using Orleans.Messaging;

namespace MimGrains.Clustering.Tests;

public abstract class RdbmsMembershipTableTests(ITestDatabases databases) : MembershipTableContract
{
    private readonly List<ServiceProvider> _services = [];

    protected RdbmsConnectionOptions Database { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        Database = await databases.CreateDatabaseAsync();
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
        var services = RdbmsServices.OfClient(Database);
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
        var services = RdbmsServices.OfSilo(Database, clusterName);
        _services.Add(services);
        return services.GetRequiredService<IMembershipTable>();
    }
}

public sealed class PostgresMembershipTableTests(PostgresServer databases)
    : RdbmsMembershipTableTests(databases), IClassFixture<PostgresServer>;

public sealed class SqliteMembershipTableTests(SqliteFiles databases)
    : RdbmsMembershipTableTests(databases), IClassFixture<SqliteFiles>
{
    [Fact]
    public async Task A_call_that_waits_for_the_lock_of_the_file_does_not_keep_the_callers_thread()
    {
        var silo = Silo();
        await InsertAsync(silo);
        await using var other = new SqliteConnection($"Data Source={Database.File};Pooling=False");
        await other.OpenAsync();
        Task calling;
        await using (other.BeginTransaction(deferred: false))
        {
            calling = Table.UpdateIAmAliveAsync(silo);

            Assert.False(calling.IsCompleted);
        }

        await calling.WaitAsync(TimeSpan.FromMinutes(1));
    }
}
