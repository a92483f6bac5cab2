using Microsoft.Extensions.Configuration;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>Reads <see cref="MimGrainsOptions"/> from <c>IConfiguration</c> or from the environment alone.</summary>
/// <remarks>Names, types, rules and errors are those of <see cref="MimGrainsToml"/>. Thread-safe.</remarks>
public static class MimGrainsConfiguration
{
    /// <summary>
    /// Returns the options of a configuration section, validated. <c>MIM_*</c> variables are not looked at.
    /// </summary>
    /// <param name="section">
    /// A section that holds nothing else, such as <c>configuration.GetSection("MimGrains")</c>; the names in it are
    /// those of the TOML file (<c>MimGrains:internal_databases:cets:cluster_name</c>), case apart but for the names of
    /// tables. An empty section, such as <c>internal_databases:mnesia</c>, is an empty object or an empty value.
    /// </param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The options are not valid; lists everything that is wrong, by configuration path.
    /// </exception>
    public static MimGrainsOptions Bind(IConfiguration section) =>
        Bind(section, new Dictionary<string, string>(), out _);

    /// <summary>
    /// Returns the options of a configuration section with <c>MIM_*</c> variables over them, validated.
    /// </summary>
    /// <param name="section">A section that holds nothing else; see <see cref="Bind(IConfiguration)"/>.</param>
    /// <param name="environment">The variables; those that do not begin with <c>MIM_</c> are left alone.</param>
    /// <param name="warnings">One sentence for each <c>MIM_*</c> variable that no option has.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The options are not valid; lists everything that is wrong, by configuration path or variable.
    /// </exception>
    public static MimGrainsOptions Bind(
        IConfiguration section,
        IReadOnlyDictionary<string, string> environment,
        out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(environment);
        var source = (section as IConfigurationSection)?.Path ?? "configuration";
        var root = new SettingNode("", "", new(source));
        ReadMembers(root, section);
        var binder = new OptionsBinder(root.Location);
        binder.Bind(root);
        (var overrides, warnings) = EnvironmentSettings.Read(environment);
        binder.Bind(overrides);
        return binder.Finish();
    }

    /// <summary>Returns the options of <c>MIM_*</c> variables alone, validated.</summary>
    /// <param name="environment">The variables; those that do not begin with <c>MIM_</c> are left alone.</param>
    /// <param name="warnings">One sentence for each <c>MIM_*</c> variable that no option has.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The options are not valid; lists everything that is wrong, by variable.
    /// </exception>
    public static MimGrainsOptions FromEnvironment(
        IReadOnlyDictionary<string, string> environment, out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(environment);
        (var settings, warnings) = EnvironmentSettings.Read(environment);
        var binder = new OptionsBinder(settings.Location);
        binder.Bind(settings);
        return binder.Finish();
    }

    private static void ReadMembers(SettingNode node, IConfiguration section)
    {
        foreach (var member in section.GetChildren())
        {
            // Configuration has no case; the names of options are all in lower case, those of tables as they are written.
            var isTable = node.Path == OptionTable.MnesiaTables;
            var name = isTable ? member.Key : member.Key.ToLowerInvariant();
            var location = new SettingLocation(member.Path);
            var hasMembers = member.GetChildren().Any();
            var path = node.Path.Length == 0 ? name : $"{node.Path}.{name}";
            var isEmptySection = string.IsNullOrEmpty(member.Value) && (isTable || OptionTable.Sections.ContainsKey(path));
            if (hasMembers || isEmptySection)
            {
                ReadMembers(node.Child(name, location), member);
            }
            else if (member.Value is { } text)
            {
                // A key with null, as in "health_port": null, is an option that is not set.
                node.Child(name, location).Value = new(SettingKind.Untyped, text);
            }
        }
    }
}
