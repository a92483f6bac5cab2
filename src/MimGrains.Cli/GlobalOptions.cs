using System.CommandLine;

namespace MimGrains.Cli;

/// <summary>The options of every command.</summary>
internal static class GlobalOptions
{
    public static Option<FileInfo> Config { get; } = new("--config", "-c")
    {
        Description = "The configuration file of the cluster's silos (TOML).",
        Recursive = true,
        DefaultValueFactory = _ => new FileInfo("mim.toml"),
    };

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Prints JSON for programs instead of tables for people.",
        Recursive = true,
    };

    public static Option<int> Timeout { get; } = new("--timeout")
    {
        Description = "Seconds to wait for a silo that answers.",
        Recursive = true,
        DefaultValueFactory = _ => 10,
    };
}
