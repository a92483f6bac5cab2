namespace MimGrains.Hosting;

/// <summary>Where a setting stands: a file and its line, an environment variable or a configuration path.</summary>
internal readonly record struct SettingLocation(string Source, int? Line = null)
{
    /// <summary>Returns <c>source:line</c>, or the source alone.</summary>
    public override string ToString() => Line is { } line ? $"{Source}:{line}" : Source;
}

/// <summary>What a source holds for an option, before it is known whether the option takes it.</summary>
/// <param name="Kind">What the source says it is.</param>
/// <param name="Text">The value as text; empty for arrays.</param>
internal readonly record struct SettingValue(SettingKind Kind, string Text);

/// <summary>The kinds of values that sources tell apart.</summary>
internal enum SettingKind
{
    /// <summary>
    /// Text that may stand for any kind: environment variables and <c>IConfiguration</c> know no others.
    /// </summary>
    Untyped,
    String,
    Integer,
    Boolean,
    Float,
    DateTime,
    Array,
}

/// <summary>
/// One source as a tree of sections and values: what TOML, environment and configuration are turned into.
/// </summary>
internal sealed class SettingNode(string name, string path, SettingLocation location)
{
    private readonly List<SettingNode> children = [];

    /// <summary>Gets the name within its section, as the source spells it.</summary>
    public string Name { get; } = name;

    /// <summary>Gets the names from the root, joined with dots; empty for the root.</summary>
    public string Path { get; } = path;

    public SettingLocation Location { get; } = location;

    /// <summary>Gets or sets the value; null for a section.</summary>
    public SettingValue? Value { get; set; }

    /// <summary>Gets the members in the order of the source.</summary>
    public IReadOnlyList<SettingNode> Children => children;

    /// <summary>Returns the path of a member of a section.</summary>
    public static string PathOf(string section, string name)
    {
        // A dot within a quoted name must not look like the dot between two names.
        var shown = name.Length == 0 || name.Contains('.', StringComparison.Ordinal) ? $"\"{name}\"" : name;
        return section.Length == 0 ? shown : $"{section}.{shown}";
    }

    /// <summary>Returns the member of this name, added with this location when there is none yet.</summary>
    public SettingNode Child(string name, SettingLocation location)
    {
        var child = children.Find(known => known.Name == name);
        if (child is null)
        {
            child = new SettingNode(name, PathOf(Path, name), location);
            children.Add(child);
        }

        return child;
    }
}
