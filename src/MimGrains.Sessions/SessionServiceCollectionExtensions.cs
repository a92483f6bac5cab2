using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Hosting;

namespace MimGrains.Sessions;

/// <summary>Registers <see cref="ISessionManager"/>.</summary>
public static class SessionServiceCollectionExtensions
{
    /// <summary>
    /// Adds sessions to a silo: the replicated table <see cref="SessionTable.Definition"/>, <see cref="ISessionManager"/> over this
    /// silo's replica, and the grain that answers clients. A second call changes nothing.
    /// </summary>
    /// <remarks>The silo needs replicated tables (<c>UseReplicatedTables</c>), which hold the table.</remarks>
    public static IServiceCollection AddSessions(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => ReferenceEquals(service.ImplementationInstance, SessionTable.Definition)))
        {
            return services;
        }

        services.AddReplicatedTable(SessionTable.Definition);
        services.AddSingleton<ISessionStore>(provider => new ReplicatedSessionStore(
            provider.GetRequiredKeyedService<IReplicatedTable<SessionKey, SessionRecord>>(SessionTable.Name)));
        return AddManager(services);
    }

    /// <summary>
    /// Adds sessions to a silo as <see cref="AddSessions"/> does, but kept in the persistent table
    /// <see cref="PersistentSessionTable.Definition"/>. A second call changes nothing.
    /// </summary>
    /// <remarks>The silo needs persistent tables (<c>UsePersistentTables</c>), which hold the table, and replicated ones.</remarks>
    public static IServiceCollection AddPersistentSessions(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => ReferenceEquals(service.ImplementationInstance, PersistentSessionTable.Definition)))
        {
            return services;
        }

        services.AddPersistentTable(PersistentSessionTable.Definition);
        services.AddPersistentTable(EndedSessions.Definition);
        services.AddSingleton<EndedSessions>();
        services.AddSingleton<ISessionStore>(provider => new PersistentSessionStore(
            provider.GetRequiredKeyedService<IPersistentTable<SessionKey, SessionRecord>>(PersistentSessionTable.Name),
            provider.GetRequiredService<ITransactions>()));
        return AddManager(services);
    }

    /// <summary>Adds <see cref="ISessionManager"/> to an Orleans client. A second call changes nothing.</summary>
    public static IServiceCollection AddSessionClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ISessionManager, ClientSessionManager>();
        return services;
    }

    // Whatever they are kept in.
    private static IServiceCollection AddManager(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<SessionOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>());
        services.AddReplicatedTable(CleanupTable.Definition);
        services.AddGrainService<SessionService>();
        services.AddSingleton<SessionServiceClient>();
        services.AddSingleton<Func<string, ISessionService>>(provider => provider.GetRequiredService<SessionServiceClient>().Of);
        services.AddSingleton<SessionConnections>();
        services.AddSingleton<SiloDeaths>();
        services.AddSingleton<SessionHooks>();
        services.AddSingleton<SessionDesk>();
        services.AddSingleton<SessionOwners>();
        services.AddSingleton<SessionCleaner>();
        services.AddSingleton<SessionLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SessionLifecycle>());
        services.AddMetrics();
        services.AddSingleton<SessionMetrics>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<SessionMetrics>());
        services.AddSingleton<LocalSessionManager>();
        services.AddSingleton<ISessionManager>(provider => provider.GetRequiredService<LocalSessionManager>());
        return services;
    }
}
