using Microsoft.Extensions.Logging;
using MimGrains.Configuration;
using MimGrains.Hosting;

namespace MimGrains.Host;

/// <summary>How to log.</summary>
internal enum LogFormat
{
    Text = 0,
    Json = 1,
}

/// <summary>What <c>mim-silo</c> does.</summary>
internal static class SiloCommand
{
    /// <summary>Ended as asked to.</summary>
    public const int Done = 0;

    /// <summary>Failed while starting or running.</summary>
    public const int Failed = 1;

    /// <summary>The configuration is wrong.</summary>
    public const int BadConfiguration = 2;

    public static async Task<int> RunAsync(FileInfo config, bool checkOnly, LogFormat format, LogLevel level)
    {
        try
        {
            var options = MimGrainsToml.Load(config.FullName);
            if (checkOnly)
            {
                Console.WriteLine(Describe(options));
                return Done;
            }

            return await SiloProcess.RunAsync(options, format, level);
        }
        catch (Exception exception) when (exception is MimGrainsConfigurationException or NotAvailableException)
        {
            await Console.Error.WriteLineAsync($"mim-silo: {exception.Message}");
            return BadConfiguration;
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync($"mim-silo: {exception.GetBaseException().Message}");
            return Failed;
        }
    }

    private static string Describe(MimGrainsOptions options) => string.Join(Environment.NewLine,
        $"node {options.Node.EffectiveName}, address {options.Node.Address}, silo port {options.Node.SiloPort}, " +
        $"gateway port {options.Node.GatewayPort}, data in {Path.GetFullPath(options.Node.DataDirectory)}",
        options.InternalDatabases?.Cets is { } cets
            ? $"cets: backend {cets.Backend}, cluster {cets.ClusterName}"
            : "cets: not enabled",
        options.InternalDatabases is null or { Mnesia: not null } ? "mnesia: enabled" : "mnesia: not enabled",
        $"sessions in {options.General.SmBackend}, s2s in {options.General.S2sBackend}, components in {options.General.ComponentBackend}",
        options.Rdbms is { } rdbms
            ? rdbms.Driver == RdbmsDriver.Sqlite
                ? $"rdbms: SQLite file {Path.GetFullPath(rdbms.File!)}"
                : $"rdbms: PostgreSQL {rdbms.Host}:{rdbms.Port}/{rdbms.Database} as {rdbms.Username}"
            : "rdbms: none");
}
