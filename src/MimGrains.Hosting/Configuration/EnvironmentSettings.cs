using System.Collections;

namespace MimGrains.Hosting;

/// <summary>
/// Reads the <c>MIM_*</c> variables: each acts as if its option stood in the file, after everything else.
/// </summary>
internal static class EnvironmentSettings
{
    private const string Prefix = "MIM_";

    /// <summary>
    /// Returns the settings of the variables, and a warning for each <c>MIM_*</c> variable without option.
    /// </summary>
    /// <remarks>An empty variable counts as not set, as templates for containers leave them.</remarks>
    public static (SettingNode Settings, IReadOnlyList<string> Warnings) Read(
        IReadOnlyDictionary<string, string> environment)
    {
        var root = new SettingNode("", "", new("environment"));
        var warnings = new List<string>();
        var ours = environment
            .Where(variable => variable.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(variable => variable.Key, StringComparer.Ordinal);
        foreach (var (name, text) in ours)
        {
            if (!OptionTable.ByVariable.TryGetValue(name, out var option))
            {
                var nearest = NearestName.Find(name, OptionTable.ByVariable.Keys);
                warnings.Add($"{name}: no option has this environment variable{NearestName.Hint(nearest)}");
            }
            else if (text.Length > 0)
            {
                var location = new SettingLocation(name);
                var node = option.Path.Split('.').Aggregate(root, (section, part) => section.Child(part, location));
                node.Value = new(SettingKind.Untyped, text);
            }
        }

        return (root, warnings);
    }

    /// <summary>Returns this process's environment.</summary>
    public static IReadOnlyDictionary<string, string> OfProcess() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}
