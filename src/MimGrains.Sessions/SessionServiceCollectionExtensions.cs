using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Runtime;

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

        services.TryAddSingleton(TimeProvider.System);
        services.AddReplicatedTable(SessionTable.Definition);
        services.AddSingleton<ISessionManager, LocalSessionManager>();
        return services;
    }

    /// <summary>
    /// Adds sessions to a silo as <see cref="AddSessions"/> does, but kept in the persistent table
    /// <see cref="PersistentSessionTable.Definition"/>. A second call changes nothing.
    /// </summary>
    /// <remarks>The silo needs persistent tables (<c>UsePersistentTables</c>), which hold the table.</remarks>
    public static IServiceCollection AddPersistentSessions(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => ReferenceEquals(service.ImplementationInstance, PersistentSessionTable.Definition)))
        {
            return services;
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddPersistentTable(PersistentSessionTable.Definition);
        services.AddSingleton<ISessionManager>(provider => new LocalSessionManager(
            new PersistentSessionStore(
                provider.GetRequiredKeyedService<IPersistentTable<SessionKey, SessionRecord>>(PersistentSessionTable.Name),
                provider.GetRequiredService<ITransactions>()),
            provider.GetRequiredService<ILocalSiloDetails>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LocalSessionManager>>()));
        return services;
    }

    /// <summary>Adds <see cref="ISessionManager"/> to an Orleans client. A second call changes nothing.</summary>
    public static IServiceCollection AddSessionClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ISessionManager, ClientSessionManager>();
        return services;
    }
}
