using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.TestSupport;
using Orleans;
using Orleans.Runtime;

namespace MimGrains.Clustering.Tests;

public sealed class NodeRegistryTests(PostgresServer server) : IClassFixture<PostgresServer>, IAsyncLifetime
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetryPause = TimeSpan.FromSeconds(5);

    private readonly EventLog<NodeRegistry> _log = new();
    private readonly SteppedTime _time = new();
    private RdbmsConnectionOptions _database = null!;
    private TcpRelay _relay = null!;

    public async Task InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        _relay = new TcpRelay(_database.Host, _database.Port);
    }

    public async Task DisposeAsync() => await _relay.DisposeAsync();

    [Fact]
    public async Task Before_the_start_discovery_does_not_work_and_there_is_no_number()
    {
        await using var services = Services(_database);
        var registry = services.GetRequiredService<INodeRegistry>();

        Assert.Null(registry.NodeNumber);
        Assert.Empty(registry.Nodes);
        Assert.False(registry.DiscoveryWorks);
        Assert.NotNull(registry.Problem);
    }

    [Fact]
    public async Task The_start_of_the_membership_table_gives_the_node_its_number_and_publishes_its_address()
    {
        await using var services = Services(_database);

        await services.GetRequiredService<IMembershipTable>().InitializeMembershipTableAsync(true);

        var registry = services.GetRequiredService<INodeRegistry>();
        Assert.Equal(1, registry.NodeNumber);
        Assert.Equal([new DiscoveredNode("n1@localhost", 1, "10.1.2.3")], registry.Nodes);
        Assert.True(registry.DiscoveryWorks);
        Assert.Null(registry.Problem);
    }

    [Fact]
    public async Task A_wrong_password_is_not_tried_again()
    {
        await using var services = Services(Copy(_database, password: "wrong-password"));

        var error = await Assert.ThrowsAsync<RdbmsException>(() => StartAsync(services));

        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
        Assert.Contains(_database.Username!, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_not_waited_for()
    {
        var missing = Copy(_database);
        missing.Database = "no_such_database";
        await using var services = Services(missing);

        var error = await Assert.ThrowsAsync<RdbmsException>(() => StartAsync(services));

        Assert.Contains("no_such_database", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_the_start_of_the_membership_needs_is_waited_for()
    {
        await using var other = RdbmsServices.OfSilo(_database, nodeName: "n2@localhost");
        await StartAsync(other);
        await server.ExecuteAsync(_database, "ALTER TABLE OrleansQuery RENAME TO away");
        await using var services = Services(_database);

        var starting = StartAsync(services);
        var reason = await _log.NextAsync(ClusteringEventId.DatabaseAway);

        Assert.Contains("orleansquery", reason, StringComparison.OrdinalIgnoreCase);
        Assert.False(starting.IsCompleted);

        await server.ExecuteAsync(_database, "ALTER TABLE away RENAME TO OrleansQuery");
        await _time.TimerAsync();
        _time.Advance(LongestRetryPause);
        await starting.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.True(services.GetRequiredService<INodeRegistry>().DiscoveryWorks);
        Assert.Empty((await services.GetRequiredService<IMembershipTable>().ReadAllAsync()).Members);
    }

    [Fact]
    public async Task A_database_that_is_away_at_start_is_waited_for()
    {
        await using var services = Services(Copy(_database, port: _relay.Port));
        var registry = services.GetRequiredService<INodeRegistry>();

        var starting = StartAsync(services);
        await _log.NextAsync(ClusteringEventId.DatabaseAway);

        Assert.False(registry.DiscoveryWorks);
        Assert.Contains($":{_relay.Port}/", registry.Problem, StringComparison.Ordinal);
        Assert.False(starting.IsCompleted);

        _relay.Open();
        await _time.TimerAsync();
        _time.Advance(LongestRetryPause);
        await starting.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(1, registry.NodeNumber);
        Assert.True(registry.DiscoveryWorks);
        Assert.Null(registry.Problem);
    }

    [Fact]
    public async Task The_wait_for_a_database_that_is_away_ends_when_the_start_is_given_up()
    {
        await using var services = Services(Copy(_database, port: _relay.Port));
        using var giveUp = new CancellationTokenSource();
        var starting = services.GetRequiredService<IMembershipTable>().InitializeMembershipTableAsync(true, giveUp.Token);
        await _time.TimerAsync();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_database_that_goes_away_and_comes_back_is_noticed_and_the_nodes_stay_known()
    {
        _relay.Open();
        await using var services = Services(Copy(_database, port: _relay.Port));
        var registry = services.GetRequiredService<NodeRegistry>();
        await StartAsync(services);
        var lifecycle = new Lifecycle();
        registry.Participate(lifecycle);
        await lifecycle.Observer!.OnStart(CancellationToken.None);
        Assert.True(_time.TimerAsync().IsCompletedSuccessfully, "The first refresh is due a period after the start.");

        await _relay.CloseAsync();
        _time.Advance(RefreshPeriod);
        await _log.NextAsync(ClusteringEventId.DiscoveryFailed);

        Assert.False(registry.DiscoveryWorks);
        Assert.Contains($":{_relay.Port}/", registry.Problem, StringComparison.Ordinal);
        Assert.Equal(1, registry.NodeNumber);
        Assert.Single(registry.Nodes);

        await using var other = RdbmsServices.OfSilo(_database, nodeName: "n2@localhost");
        await StartAsync(other);
        _relay.Open();
        _time.Advance(RefreshPeriod);
        await _log.NextAsync(ClusteringEventId.DiscoveryWorksAgain);

        Assert.True(registry.DiscoveryWorks);
        Assert.Null(registry.Problem);
        Assert.Equal(["n1@localhost", "n2@localhost"], registry.Nodes.Select(node => node.Name));
        await lifecycle.Observer.OnStop(CancellationToken.None);
    }

    [Fact]
    public async Task A_node_that_was_forgotten_while_it_was_silent_registers_again()
    {
        await using var services = Services(_database);
        await StartAsync(services);
        await server.ExecuteAsync(_database, "UPDATE discovery_nodes SET updated_timestamp = updated_timestamp - 3605");
        await using var other = RdbmsServices.OfSilo(_database, nodeName: "n2@localhost");
        await StartAsync(other);
        Assert.Equal(1, other.GetRequiredService<INodeRegistry>().NodeNumber);

        await services.GetRequiredService<NodeRegistry>().SyncAsync(CancellationToken.None);

        await _log.NextAsync(ClusteringEventId.NodeNumberChanged);
        Assert.Equal(2, services.GetRequiredService<INodeRegistry>().NodeNumber);
    }

    private static Task StartAsync(ServiceProvider services) =>
        services.GetRequiredService<IMembershipTable>().InitializeMembershipTableAsync(true);

    private static RdbmsConnectionOptions Copy(RdbmsConnectionOptions of, int? port = null, string? password = null) => new()
    {
        Driver = of.Driver,
        Host = port is null ? of.Host : "127.0.0.1",
        Port = port ?? of.Port,
        Database = of.Database,
        Username = of.Username,
        Password = password ?? of.Password,
    };

    private ServiceProvider Services(RdbmsConnectionOptions database) => RdbmsServices.OfSilo(
        database,
        address: "10.1.2.3",
        before: services => services
            .AddSingleton<TimeProvider>(_time)
            .AddSingleton<ILogger<NodeRegistry>>(_log));

    private sealed class Lifecycle : ISiloLifecycle
    {
        public ILifecycleObserver? Observer { get; private set; }

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observer = observer;
            return new MemoryStream();
        }
    }
}
