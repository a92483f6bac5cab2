using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Sessions;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace MimGrains.Cets.Tests;

/// <summary>Silos in this process, each with the tables that the tests use.</summary>
public sealed class TableCluster : IAsyncLifetime
{
    public const string Names = "names";
    public const string Kept = "kept";
    public const string Sessions = "sessions";
    public const string Bag = "bag";
    public const string Joined = "joined";
    public const string Handled = "handled";

    private readonly InProcessTestClusterBuilder _builder = new(initialSilosCount: 3);

    public InProcessTestCluster Cluster { get; private set; } = null!;

    public IReadOnlyList<InProcessSiloHandle> Silos => Cluster.Silos;

    public static IReplicatedTable<string, string> NamesOf(InProcessSiloHandle silo) => Table<string, string>(silo, Names);

    public static IReplicatedTable<TKey, TRecord> Table<TKey, TRecord>(InProcessSiloHandle silo, string name)
        where TKey : notnull
        where TRecord : class =>
        silo.ServiceProvider.GetRequiredService<ITableCatalog>().Get<TKey, TRecord>(name);

    public async Task InitializeAsync()
    {
        _builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddReplicatedTable(new TableDefinition<string, string>(Names));
            silo.Services.AddReplicatedTable(new TableDefinition<string, string>(Kept) { NodeDown = NodeDownRule.Keep });
            silo.Services.AddReplicatedTable(new TableDefinition<string, string>(Handled)
            {
                // Every survivor writes what it was told.
                OnNodeDown = static (down, token) => down.Table.InsertAsync(
                    down.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(),
                    $"{down.DeadSilo}: {string.Join(", ", down.Records.Select(entry => entry.Key))}",
                    token),
            });
            silo.Services.AddReplicatedBag(new BagDefinition<string, string>(Bag));
            silo.Services.AddReplicatedTable(new TableDefinition<string, string>(Joined)
            {
                Resolve = static (_, left, right) => string.Join('+', left.Split('+').Union(right.Split('+')).Order(StringComparer.Ordinal)),
                WriteConcern = WriteConcern.Majority,
            });
            silo.Services.AddReplicatedTable(new TableDefinition<SessionKey, SessionRecord>(Sessions)
            {
                OwnerOf = (key, _) => key.Id.Silo,
            }.WithPrefixIndex(key => new UserPrefix(key.Server, key.User)));
            silo.UseReplicatedTables(options =>
            {
                options.HeartbeatPeriod = TimeSpan.FromMilliseconds(100);
                options.ProbePeriod = TimeSpan.FromSeconds(1);
            });
            silo.Configure<ClusterMembershipOptions>(options => options.ProbeTimeout = TimeSpan.FromMilliseconds(500));
            silo.Services.AddLogging(logging =>
            {
                logging.SetMinimumLevel(LogLevel.Information);
                if (Environment.GetEnvironmentVariable("MIMGRAINS_TEST_LOG") is { } file)
                {
                    logging.AddSimpleConsole();
                }
            });
        });
        Cluster = _builder.Build();
        await Cluster.DeployAsync();
    }

    public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();
}
