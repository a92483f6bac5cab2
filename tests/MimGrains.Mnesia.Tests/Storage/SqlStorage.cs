using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;
using Npgsql;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>The storage of a silo on a SQL database, started as a silo starts it, without the rest of the silo.</summary>
internal sealed class SqlStorage : IAsyncDisposable
{
    /// <summary>A grain storage as any application would add it: Orleans' serializer, and rows that stay when they are cleared.</summary>
    public const string PlainName = "plain";

    private readonly ServiceProvider _services;

    private SqlStorage(ServiceProvider services) => _services = services;

    public IGrainStorage Plain => _services.GetRequiredKeyedService<IGrainStorage>(PlainName);

    public IRowStore Rows => _services.GetRequiredService<IRowStore>();

    public static async Task<SqlStorage> StartAsync(RdbmsConnectionOptions database, string service = "blue")
    {
        var builder = new Builder();
        builder.Services.AddLogging();
        builder.Services.AddSerializer();
        builder.Services.AddSingleton<IGrainStorageSerializer, OrleansGrainStorageSerializer>();
        builder.Services.Configure<ClusterOptions>(options => options.ServiceId = options.ClusterId = service);
        builder.AddRdbmsGrainStorage(FragmentStorageExtensions.ProviderName, database);
        builder.AddRdbmsGrainStorage(PlainName, database);
        builder.Services.AddFragmentStorage();
        var services = builder.Services.BuildServiceProvider();
        var lifecycle = new Lifecycle();
        foreach (var participant in services.GetServices<ILifecycleParticipant<ISiloLifecycle>>())
        {
            participant.Participate(lifecycle);
        }

        await lifecycle.StartAsync();
        return new SqlStorage(services);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();

        // There are many databases in a test run, and the pools keep connections to all of them.
        NpgsqlConnection.ClearAllPools();
        SqliteConnection.ClearAllPools();
    }

    private sealed class Builder : ISiloBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();

        public IConfiguration Configuration { get; } = new ConfigurationBuilder().Build();
    }

    private sealed class Lifecycle : ISiloLifecycle, IDisposable
    {
        private readonly List<(int Stage, ILifecycleObserver Observer)> _observers = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            _observers.Add((stage, observer));
            return this;
        }

        public async Task StartAsync()
        {
            foreach (var (_, observer) in _observers.OrderBy(pair => pair.Stage))
            {
                await observer.OnStart(CancellationToken.None);
            }
        }

        public void Dispose()
        {
        }
    }
}
