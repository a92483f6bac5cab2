using Microsoft.Extensions.Logging;
using MimGrains.Hosting;
using MimGrains.Tables;

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

    /// <summary>The configuration or the command line is wrong.</summary>
    public const int BadConfiguration = 2;

    /// <summary>The other silos have declared this one dead, frozen or cut off as it was: to be started again.</summary>
    public const int DeclaredDead = 3;

    public static async Task<int> RunAsync(FileInfo config, bool checkOnly, LogFormat format, LogLevel level)
    {
        try
        {
            // As it was typed: this is how errors name the file.
            var options = MimGrainsToml.Load(config.ToString(), out var warnings);
            foreach (var warning in warnings)
            {
                await Console.Error.WriteLineAsync($"mim-silo: warning: {warning}");
            }

            if (checkOnly)
            {
                await Console.Out.WriteLineAsync(MimGrainsToml.Describe(options));
                return Done;
            }

            return await SiloProcess.RunAsync(options, format, level);
        }
        catch (MimGrainsConfigurationException exception)
        {
            await Console.Error.WriteLineAsync($"mim-silo: {exception.Message}");
            return BadConfiguration;
        }
        catch (Exception exception)
        {
            var cause = Cause(exception);
            await Console.Error.WriteLineAsync($"mim-silo: {cause.Message}");
            return cause is TableDefinitionException { Origin: not null } ? BadConfiguration : Failed;
        }
    }

    // Our own exceptions say which option is to blame; the innermost one is only what the operating system said.
    private static Exception Cause(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause.GetType().Namespace?.StartsWith(nameof(MimGrains), StringComparison.Ordinal) == true)
            {
                return cause;
            }
        }

        return exception.GetBaseException();
    }
}
