using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>What the sections of internal databases stand for.</summary>
internal static class InternalDatabases
{
    /// <summary>
    /// Returns how nodes find each other: what the CETS section says; with persistent tables alone what it says when it is empty.
    /// </summary>
    public static CetsOptions DiscoveryOf(MimGrainsOptions options) => options.InternalDatabases?.Cets ?? new CetsOptions();

    /// <summary>Returns whether persistent tables are enabled.</summary>
    public static bool HasMnesia(MimGrainsOptions options) => options.InternalDatabases is null or { Mnesia: not null };
}
