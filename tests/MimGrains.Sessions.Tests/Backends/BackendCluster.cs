using Microsoft.Extensions.DependencyInjection;
using MimGrains.Backends;
using MimGrains.Cets;
using MimGrains.Configuration;
using MimGrains.Mnesia;
using MimGrains.Persistent;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

/// <summary>Silos with every backend, and a client. Which database keeps the state is said by who derives from it.</summary>
public abstract class BackendCluster(short silos) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public IReadOnlyList<InProcessSiloHandle> Silos => Cluster.Silos;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.UseReplicatedTables(options => options.HeartbeatPeriod = TimeSpan.FromMilliseconds(100));
            silo.Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromMilliseconds(500));
            silo.Services.AddSingleton<RecordingCleanup>();
            silo.Services.AddSingleton<ISessionCleanup>(provider => provider.GetRequiredService<RecordingCleanup>());
            AddBackends(silo, Database);
        });
        builder.ConfigureClient(client => client.Services.AddSessionClient());
        Cluster = builder.Build();
        await Cluster.DeployAsync();
        foreach (var tables in Silos.Select(silo => silo.ServiceProvider.GetService<IPersistentTables>()).OfType<IPersistentTables>())
        {
            await tables.WaitForTablesAsync(timeout: Patience);
        }
    }

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();

    public T Get<T>(int silo)
        where T : notnull => Silos[silo].ServiceProvider.GetRequiredService<T>();

    /// <summary>Returns something that lives on a silo.</summary>
    public ConnectionRef On(int silo, string id = "x") => new(NameOf(silo), id);

    public string NameOf(int silo) => Silos[silo].SiloAddress.ToParsableString();

    /// <summary>Completes when it is so: what a death does has no event that can be seen from outside.</summary>
    public static async Task UntilAsync(Func<ValueTask<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await isSo())
        {
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    protected abstract InternalDatabase Database { get; }

    private static void AddBackends(ISiloBuilder silo, InternalDatabase database)
    {
        if (database == InternalDatabase.Cets)
        {
            silo.Services.AddSessions();
        }
        else
        {
            silo.UsePersistentTables();
            silo.Services.AddPersistentSessions();
        }

        silo.Services.AddS2sBackend(database).AddComponentBackend(database)
            .AddStreamManagementBackend(database, keepsStale: true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.2))
            .AddBoshBackend(database).AddMucOnlineBackend(database).AddCapabilitiesBackend(database).AddAnonymousBackend(database)
            .AddKeystoreBackend(database).AddClusterId(database).AddS2sBackend(database);
    }
}

/// <summary>Everything in replicated tables.</summary>
public abstract class CetsBackends(short silos) : BackendCluster(silos)
{
    protected override InternalDatabase Database => InternalDatabase.Cets;
}

/// <summary>Everything in persistent tables in memory.</summary>
public abstract class MnesiaBackends(short silos) : BackendCluster(silos)
{
    protected override InternalDatabase Database => InternalDatabase.Mnesia;
}

public sealed class CetsCluster() : CetsBackends(2);

public sealed class MnesiaCluster() : MnesiaBackends(2);

/// <summary>The clusters that the tests of the backends share.</summary>
[CollectionDefinition(Name)]
public sealed class CetsCollection : ICollectionFixture<CetsCluster>
{
    public const string Name = "cets";
}

/// <inheritdoc cref="CetsCollection"/>
[CollectionDefinition(Name)]
public sealed class MnesiaCollection : ICollectionFixture<MnesiaCluster>
{
    public const string Name = "mnesia";
}
