using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MimGrains.Tables;

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

    /// <summary>Adds <see cref="ISessionManager"/> to an Orleans client. A second call changes nothing.</summary>
    public static IServiceCollection AddSessionClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ISessionManager, ClientSessionManager>();
        return services;
    }
}
