using System.Globalization;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>One option: its names in every source, its type and what it allows. All sources go through it.</summary>
internal abstract class OptionDescriptor(string path, string variable, string type, string allowed)
{
    /// <summary>Gets the path in TOML; the same names, case apart, are used in <c>IConfiguration</c>.</summary>
    public string Path { get; } = path;

    /// <summary>Gets the path of the section that holds the option.</summary>
    public string Section { get; } = path[..path.LastIndexOf('.')];

    /// <summary>Gets the name within the section.</summary>
    public string Name { get; } = path[(path.LastIndexOf('.') + 1)..];

    /// <summary>Gets the environment variable that overrides the option; empty where there is none.</summary>
    public string Variable { get; } = variable;

    /// <summary>Gets the type's name for documentation: string, integer, boolean.</summary>
    public string Type { get; } = type;

    /// <summary>Gets what is allowed, as error messages and documentation say it.</summary>
    public string Allowed { get; } = allowed;

    /// <summary>
    /// Gets the default when it is not simply the model's: what it follows from, or that there is none.
    /// </summary>
    public string? DefaultNote { get; init; }

    /// <summary>Gets whether a section that holds other options must hold this one too.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Gets whether the value must never be shown.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Sets the option; false when the value is of a wrong type or not one of the allowed names.</summary>
    /// <remarks>The option's section must be enabled. Ranges are not looked at: the validator does that.</remarks>
    public abstract bool TrySet(MimGrainsOptions options, SettingValue value);

    /// <summary>
    /// Returns the value as TOML would show it; null when it is not set or its section is not enabled.
    /// </summary>
    public abstract string? Show(MimGrainsOptions options);

    /// <summary>Returns whether the value is allowed by itself; an option that is not set is.</summary>
    public abstract bool IsAllowed(MimGrainsOptions options);

    /// <summary>Returns the value that was probably meant, in quotes; null when there is none.</summary>
    public virtual string? Suggest(string found) => null;

    /// <summary>Returns the sentence for a value that is refused.</summary>
    public string Refuse(string found, string? suggestion = null) =>
        $"found {(IsSecret ? "a value that is not shown" : found)}; allowed: {Allowed}{NearestName.Hint(suggestion)}";

    protected static string Quote(string text) => $"\"{text}\"";
}

/// <summary>An option that holds text.</summary>
internal sealed class TextOption(
    string path,
    string variable,
    string allowed,
    Func<MimGrainsOptions, string?> get,
    Action<MimGrainsOptions, string> set,
    Func<string, bool> isAllowed) : OptionDescriptor(path, variable, "string", allowed)
{
    public override bool TrySet(MimGrainsOptions options, SettingValue value)
    {
        if (value.Kind is not (SettingKind.String or SettingKind.Untyped))
        {
            return false;
        }

        set(options, value.Text);
        return true;
    }

    public override string? Show(MimGrainsOptions options) => get(options) is { } text ? Quote(text) : null;

    public override bool IsAllowed(MimGrainsOptions options) => get(options) is not { } text || isAllowed(text);
}

/// <summary>An option that holds a whole number within a range.</summary>
internal class IntegerOption(
    string path,
    string variable,
    string allowed,
    int minimum,
    int maximum,
    Func<MimGrainsOptions, int?> get,
    Action<MimGrainsOptions, int> set) : OptionDescriptor(path, variable, "integer", allowed)
{
    public IntegerOption(
        string path,
        string variable,
        int minimum,
        int maximum,
        string unit,
        Func<MimGrainsOptions, int?> get,
        Action<MimGrainsOptions, int> set)
        : this(path, variable, $"{minimum} to {maximum} {unit}", minimum, maximum, get, set)
    {
    }

    public override bool TrySet(MimGrainsOptions options, SettingValue value)
    {
        if (value.Kind is not (SettingKind.Integer or SettingKind.Untyped)
            || !int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        set(options, number);
        return true;
    }

    public override string? Show(MimGrainsOptions options) =>
        get(options)?.ToString(CultureInfo.InvariantCulture);

    public override bool IsAllowed(MimGrainsOptions options) =>
        get(options) is not { } number || (number >= minimum && number <= maximum);
}

/// <summary>An option that holds a port.</summary>
internal sealed class PortOption(
    string path,
    string variable,
    string allowed,
    int minimum,
    Func<MimGrainsOptions, int?> get,
    Action<MimGrainsOptions, int> set) : IntegerOption(path, variable, allowed, minimum, ushort.MaxValue, get, set);

/// <summary>An option that is on or off.</summary>
internal sealed class SwitchOption(
    string path, string variable, Func<MimGrainsOptions, bool?> get, Action<MimGrainsOptions, bool> set)
    : OptionDescriptor(path, variable, "boolean", "true or false")
{
    public override bool TrySet(MimGrainsOptions options, SettingValue value)
    {
        // Configuration providers write "True"; in TOML only the words themselves are booleans.
        if (value.Kind is not (SettingKind.Boolean or SettingKind.Untyped) || !bool.TryParse(value.Text, out var isOn))
        {
            return false;
        }

        set(options, isOn);
        return true;
    }

    public override string? Show(MimGrainsOptions options) => get(options) is { } isOn ? (isOn ? "true" : "false") : null;

    public override bool IsAllowed(MimGrainsOptions options) => true;
}

/// <summary>An option that holds one of a few names, each of which stands for a value of an enum.</summary>
internal sealed class ChoiceOption<TChoice>(
    string path,
    string variable,
    SortedDictionary<string, TChoice> names,
    Func<MimGrainsOptions, TChoice?> get,
    Action<MimGrainsOptions, TChoice> set)
    : OptionDescriptor(path, variable, "string", string.Join(" or ", names.Keys.Select(Quote)))
    where TChoice : struct, Enum
{
    private static readonly SortedDictionary<string, TChoice> OwnNames = new(
        Enum.GetValues<TChoice>().ToDictionary(value => value.ToString().ToLowerInvariant()), StringComparer.Ordinal);

    /// <summary>Makes an option whose names are those of the enum, in lower case.</summary>
    public ChoiceOption(
        string path, string variable, Func<MimGrainsOptions, TChoice?> get, Action<MimGrainsOptions, TChoice> set)
        : this(path, variable, OwnNames, get, set)
    {
    }

    public override bool TrySet(MimGrainsOptions options, SettingValue value)
    {
        if (value.Kind is not (SettingKind.String or SettingKind.Untyped)
            || !names.TryGetValue(value.Text, out var choice))
        {
            return false;
        }

        set(options, choice);
        return true;
    }

    // A number that names no member is shown as it is: only code can set one.
    public override string? Show(MimGrainsOptions options) => get(options) is { } choice
        ? Quote(names.FirstOrDefault(name => name.Value.Equals(choice)).Key ?? choice.ToString())
        : null;

    public override bool IsAllowed(MimGrainsOptions options) => get(options) is not { } choice || names.ContainsValue(choice);

    public override string? Suggest(string found) =>
        NearestName.Find(found, names.Keys) is { } name ? Quote(name) : null;
}
