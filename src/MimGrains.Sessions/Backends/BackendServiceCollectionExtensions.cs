using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>Registers the backends that keep their state in replicated tables: each with its tables. Safe to call twice.</summary>
public static class BackendServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IS2sBackend"/>.</summary>
    public static IServiceCollection AddCetsS2s(this IServiceCollection services)
    {
        AddTable(services, CetsS2sBackend.Slots);
        AddTable(services, CetsS2sBackend.Secrets);
        services.TryAddSingleton<IS2sBackend, CetsS2sBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IComponentBackend"/>.</summary>
    public static IServiceCollection AddCetsComponents(this IServiceCollection services)
    {
        AddTable(services, CetsComponentBackend.Definition);
        services.TryAddSingleton<IComponentBackend, CetsComponentBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IStreamManagementBackend"/>.</summary>
    /// <param name="services">The services of the silo.</param>
    /// <param name="keepsStale">Whether what was handled of ended streams is kept.</param>
    /// <param name="staleLifetime">How long; default 1 hour.</param>
    public static IServiceCollection AddCetsStreamManagement(
        this IServiceCollection services, bool keepsStale = false, TimeSpan? staleLifetime = null)
    {
        AddTable(services, CetsStreamManagementBackend.Ids);
        AddTable(services, CetsStreamManagementBackend.Stale);
        services.TryAddSingleton(new StaleStreamOptions(keepsStale, staleLifetime ?? TimeSpan.FromHours(1)));
        services.TryAddSingleton<CetsStreamManagementBackend>();
        services.TryAddSingleton<IStreamManagementBackend>(Get<CetsStreamManagementBackend>);
        return AddRows<CetsStreamManagementBackend>(services);
    }

    /// <summary>Adds <see cref="IBoshBackend"/>.</summary>
    public static IServiceCollection AddCetsBosh(this IServiceCollection services)
    {
        AddTable(services, CetsBoshBackend.Definition);
        services.TryAddSingleton<IBoshBackend, CetsBoshBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IMucOnlineBackend"/>.</summary>
    public static IServiceCollection AddCetsMucOnline(this IServiceCollection services)
    {
        AddTable(services, CetsMucOnlineBackend.Definition);
        services.TryAddSingleton<IMucOnlineBackend, CetsMucOnlineBackend>();
        return services;
    }

    /// <summary>Adds <see cref="ICapabilitiesBackend"/>.</summary>
    public static IServiceCollection AddCetsCapabilities(this IServiceCollection services)
    {
        AddTable(services, CetsCapabilitiesBackend.Hashes);
        AddTable(services, CetsCapabilitiesBackend.Sessions);
        services.TryAddSingleton<CetsCapabilitiesBackend>();
        services.TryAddSingleton<ICapabilitiesBackend>(Get<CetsCapabilitiesBackend>);
        return AddRows<CetsCapabilitiesBackend>(services);
    }

    /// <summary>Adds <see cref="IAnonymousBackend"/>.</summary>
    public static IServiceCollection AddCetsAnonymous(this IServiceCollection services)
    {
        AddTable(services, CetsAnonymousBackend.Definition);
        services.TryAddSingleton<CetsAnonymousBackend>();
        services.TryAddSingleton<IAnonymousBackend>(Get<CetsAnonymousBackend>);
        return AddRows<CetsAnonymousBackend>(services);
    }

    /// <summary>Adds <see cref="IKeystoreBackend"/>.</summary>
    public static IServiceCollection AddCetsKeystore(this IServiceCollection services)
    {
        AddTable(services, CetsKeystoreBackend.Definition);
        services.TryAddSingleton<IKeystoreBackend, CetsKeystoreBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IClusterId"/>; kept in <see cref="IClusterIdStore"/> too, if that is registered.</summary>
    public static IServiceCollection AddCetsClusterId(this IServiceCollection services)
    {
        if (!AddTable(services, CetsClusterId.Definition))
        {
            return services;
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CetsClusterId>();
        services.AddSingleton<IClusterId>(Get<CetsClusterId>);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(Get<CetsClusterId>);
        return services;
    }

    private static bool AddTable<TKey, TRecord>(IServiceCollection services, TableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => ReferenceEquals(service.ImplementationInstance, definition)))
        {
            return false;
        }

        services.AddReplicatedTable(definition);
        return true;
    }

    private static IServiceCollection AddRows<TBackend>(IServiceCollection services)
        where TBackend : class, ISessionRows
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISessionRows, TBackend>(Get<TBackend>));
        return services;
    }

    private static TBackend Get<TBackend>(IServiceProvider provider)
        where TBackend : class => provider.GetRequiredService<TBackend>();
}
