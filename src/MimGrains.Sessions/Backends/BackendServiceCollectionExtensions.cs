using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Configuration;
using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>
/// Registers the backends, each with its tables: replicated ones (<see cref="InternalDatabase.Cets"/>), or persistent ones in memory
/// (<see cref="InternalDatabase.Mnesia"/>), for which the silo needs <c>UsePersistentTables</c>. A second call changes nothing.
/// </summary>
public static class BackendServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IS2sBackend"/>.</summary>
    public static IServiceCollection AddS2sBackend(this IServiceCollection services, InternalDatabase database)
    {
        S2sBackend.Slots.AddTo(services, database);
        S2sBackend.Secrets.AddTo(services, database);
        services.TryAddSingleton<IS2sBackend, S2sBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IComponentBackend"/>.</summary>
    public static IServiceCollection AddComponentBackend(this IServiceCollection services, InternalDatabase database)
    {
        ComponentBackend.Table.AddTo(services, database);
        services.TryAddSingleton<IComponentBackend, ComponentBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IStreamManagementBackend"/>.</summary>
    /// <param name="services">The services of the silo.</param>
    /// <param name="database">Where it is kept.</param>
    /// <param name="keepsStale">Whether what was handled of ended streams is kept.</param>
    /// <param name="staleLifetime">How long; default 1 hour.</param>
    /// <param name="lookAfter">
    /// How often persistent tables are looked through for what is older; default 30 minutes. Replicated ones forget by themselves.
    /// </param>
    public static IServiceCollection AddStreamManagementBackend(
        this IServiceCollection services,
        InternalDatabase database,
        bool keepsStale = false,
        TimeSpan? staleLifetime = null,
        TimeSpan? lookAfter = null)
    {
        StreamManagementBackend.Ids.AddTo(services, database);
        var isNew = StreamManagementBackend.Stale.AddTo(services, database);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new StaleStreamOptions(
            keepsStale, staleLifetime ?? TimeSpan.FromHours(1), lookAfter ?? TimeSpan.FromMinutes(30)));
        services.TryAddSingleton<StreamManagementBackend>();
        services.TryAddSingleton<IStreamManagementBackend>(Get<StreamManagementBackend>);
        if (isNew && keepsStale && database == InternalDatabase.Mnesia)
        {
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StaleCollector>();
        }

        return AddRows<StreamManagementBackend>(services);
    }

    /// <summary>Adds <see cref="IBoshBackend"/>.</summary>
    public static IServiceCollection AddBoshBackend(this IServiceCollection services, InternalDatabase database)
    {
        BoshBackend.Table.AddTo(services, database);
        services.TryAddSingleton<IBoshBackend, BoshBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IMucOnlineBackend"/>.</summary>
    public static IServiceCollection AddMucOnlineBackend(this IServiceCollection services, InternalDatabase database)
    {
        MucOnlineBackend.Table.AddTo(services, database);
        services.TryAddSingleton<IMucOnlineBackend, MucOnlineBackend>();
        return services;
    }

    /// <summary>Adds <see cref="ICapabilitiesBackend"/>.</summary>
    public static IServiceCollection AddCapabilitiesBackend(this IServiceCollection services, InternalDatabase database)
    {
        CapabilitiesBackend.Hashes.AddTo(services, database);
        CapabilitiesBackend.Sessions.AddTo(services, database);
        services.TryAddSingleton<CapabilitiesBackend>();
        services.TryAddSingleton<ICapabilitiesBackend>(Get<CapabilitiesBackend>);
        return AddRows<CapabilitiesBackend>(services);
    }

    /// <summary>Adds <see cref="IAnonymousBackend"/>.</summary>
    public static IServiceCollection AddAnonymousBackend(this IServiceCollection services, InternalDatabase database)
    {
        AnonymousBackend.Table.AddTo(services, database);
        services.TryAddSingleton<AnonymousBackend>();
        services.TryAddSingleton<IAnonymousBackend>(Get<AnonymousBackend>);
        return AddRows<AnonymousBackend>(services);
    }

    /// <summary>Adds <see cref="IKeystoreBackend"/>.</summary>
    public static IServiceCollection AddKeystoreBackend(this IServiceCollection services, InternalDatabase database)
    {
        KeystoreBackend.Table.AddTo(services, database);
        services.TryAddSingleton<IKeystoreBackend, KeystoreBackend>();
        return services;
    }

    /// <summary>Adds <see cref="IClusterId"/>; kept in <see cref="IClusterIdStore"/> too, if that is registered.</summary>
    public static IServiceCollection AddClusterId(this IServiceCollection services, InternalDatabase database)
    {
        if (ClusterIdKeeper.Table.AddTo(services, database))
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton<ClusterIdKeeper>();
            services.AddSingleton<IClusterId>(Get<ClusterIdKeeper>);
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(Get<ClusterIdKeeper>);
        }

        return services;
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
