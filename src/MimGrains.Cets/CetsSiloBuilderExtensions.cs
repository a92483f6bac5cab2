using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MimGrains.Cets.ChangeStreams;
using MimGrains.Cets.Clients;
using MimGrains.Cets.Crashes;
using MimGrains.Cets.Leading;
using MimGrains.Cets.Membership;
using MimGrains.Cets.Metrics;
using MimGrains.Cets.Operation;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Cets.Verify;
using MimGrains.Operation;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Providers;
using Orleans.Storage;
using Orleans.Streams;

namespace MimGrains.Cets;

/// <summary>Adds replicated tables to a silo.</summary>
public static class CetsSiloBuilderExtensions
{
    // Not used while the receiver waits for writes; it only bounds how long a first contact with a silo takes.
    private static readonly TimeSpan QueueTimerPeriod = TimeSpan.FromMilliseconds(20);

    private const string PubSubStore = "PubSubStore";

    // A stream lives as long as the silo it leads to: the agent must not drop it for being quiet.
    private static readonly TimeSpan StreamInactivityPeriod = TimeSpan.FromDays(3_650);

    /// <summary>
    /// Holds the tables that are registered with <c>AddReplicatedTable</c> on this silo, and joins them with those of the other
    /// silos when it starts. A second call only configures.
    /// </summary>
    public static ISiloBuilder UseReplicatedTables(this ISiloBuilder builder, Action<ReplicationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        var options = services.AddOptions<ReplicationOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(TableCatalog)))
        {
            return builder;
        }

        services.AddSingleton<IValidateOptions<ReplicationOptions>, ReplicationOptionsValidator>();
        services.AddSingleton<IValidateOptions<ReplicationOptions>, VerifyPeriodValidator>();
        services.TryAddSingleton(TimeProvider.System);
        AddTables(services);
        AddReplication(services);
        AddVerificationAndClients(services);
        AddCrashDetection(services);
        builder.AddGrainService<ReplicaService>();
        builder.AddGrainService<VerifyService>();
        builder.AddGrainService<CrashWitness>();
        builder.AddPersistentStreams(
            ReplicationStream.ProviderName,
            (provider, _) => new ReplicationQueueAdapter(provider.GetRequiredService<ReplicationCarrier>()),
            Configure);
        builder.AddPersistentStreams(
            TableStreams.ProviderName,
            (provider, _) => ActivatorUtilities.CreateInstance<ChangeQueueAdapter>(provider),
            ConfigureChangeStreams);
        return builder;
    }

    private static void AddTables(IServiceCollection services)
    {
        services.AddSingleton<TableCatalog>();
        services.AddSingleton<ITableCatalog>(provider => provider.GetRequiredService<TableCatalog>());
        services.AddSingleton<ReplicationCarrier>();
    }

    private static void AddReplication(IServiceCollection services)
    {
        services.AddSingleton<DumpDesk>();
        services.AddSingleton<ReadDesk>();
        services.AddSingleton<NodeDownHandlers>();
        services.AddSingleton<PauseKeeper>();
        services.AddSingleton<ITableOperator, TableOperator>();
        services.AddSingleton<IClusterOperator, ClusterOperator>();
        services.AddSingleton<DeathNotices>();
        services.AddSingleton<LeaderDesk>();
        services.AddSingleton<LiveSilos>();
        services.AddSingleton<Membership.Levelling>();
        services.AddSingleton<Undertaker>();
        services.AddSingleton<Housekeeping>();
        services.AddSingleton<ReplicaServiceClient>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ReplicaLifecycle>();
        services.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
    }

    private static void AddVerificationAndClients(IServiceCollection services)
    {
        services.AddSingleton<WatchDesk>();
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<PublisherTerms>();
        services.AddSingleton<ChangeBatchHooks>();
        services.AddSingleton<TableDefinition>(PublisherTerms.Definition);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, ChangePublisher>();
        services.AddSingleton<IGrainDirectoryResolver, LocalWorkerDirectory>();
        services.AddSingleton<VerifyServiceClient>();
        services.AddSingleton<ReplicaComparer>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, RepairLoop>();
        services.AddMetrics();
        services.AddSingleton<CetsMetrics>();
        services.AddSingleton<ITableObserver>(provider => provider.GetRequiredService<CetsMetrics>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MetricsProbe>();
    }

    private static void AddCrashDetection(IServiceCollection services)
    {
        services.AddOptions<CrashDetectionOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<CrashDetectionOptions>, CrashDetectionRangesValidator>();
        services.AddSingleton<IValidateOptions<CrashDetectionOptions>, CrashDetectionRulesValidator>();
        services.AddSingleton<SiloDialer>();
        services.AddSingleton<CrashWitnessClient>();
        services.AddSingleton<WatchResponder>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, CrashWatcher>();
        services.Configure<SiloConnectionOptions>(connections => connections.ConfigureSiloInboundConnection(
            connection => connection.Use(connection.ApplicationServices.GetRequiredService<WatchResponder>().Before)));
    }

    private static void Configure(ISiloPersistentStreamConfigurator streams)
    {
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        streams.ConfigurePartitionBalancing((_, _) => new LocalQueueBalancer());
        streams.ConfigureBackoffProvider((_, _) => (IMessageDeliveryBackoffProvider)new DeliveryBackoff());
        streams.ConfigurePullingAgent(agent => agent.Configure<IOptions<ReplicationOptions>>((target, source) =>
        {
            target.BatchContainerBatchSize = 1;
            target.GetQueueMsgsTimerPeriod = QueueTimerPeriod;
            target.StreamInactivityPeriod = StreamInactivityPeriod;
            target.MaxEventDeliveryTime = source.Value.DeliveryTimeout;
        }));
    }

    private static void ConfigureChangeStreams(ISiloPersistentStreamConfigurator streams)
    {
        // Who subscribes explicitly must be remembered, by the storage that Orleans names for that: without it there is nobody.
        streams.Configure<StreamPubSubOptions>(pubSub => pubSub.Configure<IServiceProviderIsKeyedService>((target, services) =>
            target.PubSubType = Array.Exists([TableStreams.ProviderName, PubSubStore], name => services.IsKeyedService(typeof(IGrainStorage), name))
                ? StreamPubSubType.ExplicitGrainBasedAndImplicit
                : StreamPubSubType.ImplicitOnly));
        streams.ConfigurePartitionBalancing((_, _) => new LocalQueueBalancer());
        streams.ConfigureBackoffProvider((_, _) => (IMessageDeliveryBackoffProvider)new DeliveryBackoff());
        streams.ConfigurePullingAgent(agent => agent.Configure(target =>
        {
            target.BatchContainerBatchSize = 1;
            target.GetQueueMsgsTimerPeriod = QueueTimerPeriod;
            target.StreamInactivityPeriod = StreamInactivityPeriod;
        }));
    }

    /// <summary>10 ms, twice as long each time, at most 1 s.</summary>
    private sealed class DeliveryBackoff : IMessageDeliveryBackoffProvider
    {
        public TimeSpan Next(int attempt) => TimeSpan.FromMilliseconds(Math.Min(1_000, 10 << Math.Min(attempt, 7)));
    }
}
