using Orleans.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.TestSupport;
using Orleans.Messaging;

namespace MimGrains.Clustering.Tests;

public abstract class GatewayListTests(ITestDatabases databases)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private protected EventLog<RdbmsGatewayListProvider> Log { get; } = new();

    private protected SteppedTime Time { get; } = new();

    protected abstract string MissingSchema { get; }

    [Fact]
    public async Task A_client_waits_for_the_schema_says_so_and_makes_none()
    {
        var database = await databases.CreateDatabaseAsync();
        await using var client = Client(database);
        var gateways = client.GetRequiredService<IGatewayListProvider>();

        var starting = gateways.InitializeGatewayListProviderAsync();

        Assert.Contains(MissingSchema, await Log.NextAsync(ClusteringEventId.DatabaseAway), StringComparison.Ordinal);
        await Time.TimerAsync();
        Assert.False(starting.IsCompleted);
        await AssertNothingWasMadeAsync(database);

        await using var silo = RdbmsServices.OfSilo(database);
        await silo.GetRequiredService<IMembershipTable>().InitializeMembershipTableAsync(true);
        Time.Advance(RetryPause);
        await starting.WaitAsync(Patience);

        var error = await Assert.ThrowsAsync<SiloUnavailableException>(() => gateways.GetGatewaysAsync());
        Assert.Contains("is active in", error.Message, StringComparison.Ordinal);
    }

    private protected abstract Task AssertNothingWasMadeAsync(RdbmsConnectionOptions database);

    private protected ServiceProvider Client(RdbmsConnectionOptions database) => RdbmsServices.OfClient(
        database,
        before: services => services
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<ILogger<RdbmsGatewayListProvider>>(Log));
}

public sealed class PostgresGatewayListTests(PostgresServer databases)
    : GatewayListTests(databases), IClassFixture<PostgresServer>
{
    private readonly PostgresServer _server = databases;

    protected override string MissingSchema => "no schema yet";

    [Fact]
    public async Task A_client_with_a_wrong_password_is_not_tried_again()
    {
        var database = await _server.CreateDatabaseAsync();
        database.Password = "wrong-password";
        await using var client = Client(database);

        var error = await Assert.ThrowsAsync<RdbmsException>(
            () => client.GetRequiredService<IGatewayListProvider>().InitializeGatewayListProviderAsync());

        Assert.Contains("the password is refused", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", error.Message, StringComparison.Ordinal);
    }

    private protected override async Task AssertNothingWasMadeAsync(RdbmsConnectionOptions database) => Assert.Equal(
        0L, await _server.ExecuteAsync(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
}

public sealed class SqliteGatewayListTests(SqliteFiles databases)
    : GatewayListTests(databases), IClassFixture<SqliteFiles>
{
    protected override string MissingSchema => "file is not there yet";

    private protected override Task AssertNothingWasMadeAsync(RdbmsConnectionOptions database)
    {
        Assert.False(File.Exists(database.File));
        return Task.CompletedTask;
    }
}
