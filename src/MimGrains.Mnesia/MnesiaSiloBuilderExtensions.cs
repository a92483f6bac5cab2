using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Cets;
using MimGrains.Cets.Tables;
using MimGrains.Configuration;
using MimGrains.Mnesia.Backups;
using MimGrains.Mnesia.Metrics;
using MimGrains.Mnesia.Operation;
using MimGrains.Mnesia.Tables;
using MimGrains.Mnesia.Transactions;
using MimGrains.Persistent;
using Orleans.Hosting;

namespace MimGrains.Mnesia;

/// <summary>Adds persistent tables to a silo.</summary>
public static class MnesiaSiloBuilderExtensions
{
    /// <summary>
    /// Holds the persistent tables that are registered with <c>AddPersistentTable</c> on this silo, and loads them when it starts.
    /// What <see cref="MnesiaOptions.Tables"/> says of a table goes before its definition.
    /// Adds replicated tables as well (<see cref="CetsSiloBuilderExtensions.UseReplicatedTables"/>). A second call does nothing.
    /// </summary>
    public static ISiloBuilder UsePersistentTables(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseReplicatedTables();
        if (builder.Services.Any(service => service.ServiceType == typeof(TableRegistry)))
        {
            return builder;
        }

        AddTables(builder.Services);
        builder.Services.AddFragmentsAndTransactions();
        builder.Services.AddPersistentBackups();
        builder.Services.AddSingleton<BackupJobs>();
        builder.Services.AddSingleton<MnesiaNodes>();
        builder.Services.AddSingleton<MnesiaSystemInfo>();
        builder.Services.AddSingleton<MnesiaMetrics>();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            provider => provider.GetRequiredService<MnesiaMetrics>());
        return builder;
    }

    private static void AddTables(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<MnesiaOptions>();
        services.AddSingleton<TableRegistry>();
        services.AddSingleton<ITableDefinitionSource>(provider => provider.GetRequiredService<TableRegistry>());
        services.AddSingleton<TableLoader>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<TableLoader>());
        services.AddSingleton<SystemEvents>();
        services.AddSingleton<ITableObserver>(provider => provider.GetRequiredService<SystemEvents>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SystemEvents>());
        services.AddSingleton<TableStorages>();
        services.AddSingleton<SchemaChanges>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SchemaWatcher>();
        services.AddSingleton<IPersistentTables, PersistentTables>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, NodeDownRunner>();
    }
}
