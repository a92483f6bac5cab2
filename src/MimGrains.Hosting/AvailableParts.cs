using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>What can be configured but is not there yet. The only place that knows.</summary>
internal static class AvailableParts
{
    /// <exception cref="NotAvailableException">A part is missing; the message names the option.</exception>
    public static CetsOptions Require(MimGrainsOptions options)
    {
        if (options.InternalDatabases?.Cets is not { } cets)
        {
            throw new NotAvailableException(
                "Persistent tables ([internal_databases.mnesia]) are not available yet. " +
                "Enable [internal_databases.cets] and set general.sm_backend = \"cets\".");
        }

        return cets;
    }

    /// <exception cref="NotAvailableException">Sessions are to be kept in Mnesia.</exception>
    public static void RequireSessions(MimGrainsOptions options)
    {
        if (options.General.SmBackend == InternalDatabase.Mnesia)
        {
            throw new NotAvailableException(
                "general.sm_backend = \"mnesia\" comes with persistent tables, which are not available yet. " +
                "Set general.sm_backend = \"cets\".");
        }
    }
}
