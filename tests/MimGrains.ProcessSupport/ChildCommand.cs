using System.Diagnostics;

namespace MimGrains.ProcessSupport;

/// <summary>A program to start.</summary>
/// <param name="FileName">Executable.</param>
/// <param name="Arguments">As they are, one element each: no shell sees them.</param>
public sealed record ChildCommand(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>Returns the folder the program starts in; null for this process's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Returns environment variables to set, or with null to unset.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Returns a command that runs a built program, <c>dotnet X.dll</c>.</summary>
    public static ChildCommand ForAssembly(string path, params IEnumerable<string> arguments) =>
        new(DotnetPath(), [path, .. arguments]);

    /// <summary>Returns a command that runs this process's own program with other arguments.</summary>
    public static ChildCommand ForThisProgram(params IEnumerable<string> arguments)
    {
        var self = System.Environment.ProcessPath
            ?? throw new InvalidOperationException("The path of this process's program is not known.");
        return Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? ForAssembly(System.Environment.GetCommandLineArgs()[0], arguments)
            : new ChildCommand(self, [.. arguments]);
    }

    internal ProcessStartInfo ToStartInfo()
    {
        var info = new ProcessStartInfo(FileName, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = WorkingDirectory ?? "",
        };

        // A silo's configuration is what its test wrote, not what the caller's shell happens to export.
        var ours = info.Environment.Keys.Where(key => key.StartsWith("MIM_", StringComparison.Ordinal)).ToList();
        foreach (var name in ours)
        {
            info.Environment.Remove(name);
        }

        foreach (var (name, value) in Environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    private static string DotnetPath() =>
        System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path
        ? path
        : "dotnet";
}
