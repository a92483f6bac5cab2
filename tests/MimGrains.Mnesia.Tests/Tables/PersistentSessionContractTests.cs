using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Sessions;
using MimGrains.Sessions.Tests;
using Orleans.TestingHost;

namespace MimGrains.Mnesia.Tests.Tables;

/// <summary>Two silos that keep sessions in a persistent table.</summary>
public sealed class SessionCluster : IAsyncLifetime
{
    private readonly InProcessTestClusterBuilder _builder = new(initialSilosCount: 2);

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _builder.ConfigureSilo((_, silo) =>
        {
            silo.UsePersistentTables();
            silo.Services.AddPersistentSessions();
        });
        Cluster = _builder.Build();
        await Cluster.DeployAsync();
        await Task.WhenAll(Cluster.Silos.Select(silo =>
            silo.ServiceProvider.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60))));
    }

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();
}

/// <summary>Sessions in a persistent table, with real transactions: what they do in a replicated table they do here.</summary>
public sealed class PersistentSessionContractTests(SessionCluster cluster)
    : SessionManagerContract, IClassFixture<SessionCluster>, IAsyncLifetime
{
    // Orleans holds them weakly.
    private readonly List<ISessionConnection> _kept = [];

    protected override ISessionManager Sessions => Of(0);

    protected override string TargetOf(RecordingConnection connection)
    {
        _kept.Add(connection);
        return cluster.Cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>()
            .CreateObjectReference<ISessionConnection>(connection).GetGrainId().ToString();
    }

    public Task InitializeAsync() => cluster.Cluster.Silos[0].ServiceProvider
        .GetRequiredKeyedService<IPersistentTable<SessionKey, SessionRecord>>(PersistentSessionTable.Name).ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_session_is_there_on_the_other_silo_when_its_opening_returns()
    {
        for (var i = 0; i < 50; i++)
        {
            var key = await Of(0).OpenAsync(Server, $"user{i}", "phone", new SessionRecord());
            Assert.NotNull(await Of(1).GetAsync(key));
        }
    }

    private ISessionManager Of(int silo) => cluster.Cluster.Silos[silo].ServiceProvider.GetRequiredService<ISessionManager>();
}
