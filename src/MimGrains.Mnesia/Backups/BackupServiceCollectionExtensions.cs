using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

/// <summary>Saves persistent tables to files.</summary>
public static class BackupServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IPersistentBackups"/> to a silo that has persistent tables and <see cref="ITransactions"/>. Safe to call
    /// twice: options stack.
    /// </summary>
    public static IServiceCollection AddPersistentBackups(
        this IServiceCollection services, Action<BackupSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var settings = services.AddOptions<BackupSettings>().ValidateOnStart();
        if (configure is not null)
        {
            settings.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BackupSettings>, BackupSettingsValidator>());
        services.TryAddSingleton<IBackupTables, RegistryBackupTables>();
        services.TryAddSingleton<IBackupNodes, ClusterNodes>();
        services.TryAddSingleton<PersistentBackups>();
        services.TryAddSingleton<IPersistentBackups>(provider => provider.GetRequiredService<PersistentBackups>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, FallbackStart>());
        return services;
    }
}
