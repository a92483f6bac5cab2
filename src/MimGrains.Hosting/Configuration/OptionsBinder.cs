using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>
/// Fills options from the trees of one or more sources, the later ones over the earlier ones, and gathers all errors.
/// </summary>
/// <remarks>Source -> tree of settings -> options by the option table -> rules. Used once, by one thread.</remarks>
internal sealed class OptionsBinder(SettingLocation fallback)
{
    private readonly MimGrainsOptions options = new();
    private readonly List<ConfigurationError> errors = [];

    // Where each option and each section was set last; what decides about a place and about "is set".
    private readonly Dictionary<string, SettingLocation> places = new(StringComparer.Ordinal);

    // Paths with an error of their own: a rule that follows from one of them would only repeat it.
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);

    /// <summary>Takes over everything that the source sets.</summary>
    public void Bind(SettingNode root) => BindSection(root);

    /// <summary>Returns the options when nothing is wrong with them.</summary>
    /// <exception cref="MimGrainsConfigurationException">Something is; lists everything.</exception>
    public MimGrainsOptions Finish()
    {
        RequireOptions();
        foreach (var rule in OptionRules.Check(options, places.ContainsKey))
        {
            string[] paths = [rule.Option, .. rule.Because];
            if (!paths.Any(IsRefused))
            {
                var place = PlaceOf(rule);
                errors.Add(new(place.Source, place.Line, rule.Option, rule.Message));
            }
        }

        return errors.Count == 0
            ? options
            : throw new MimGrainsConfigurationException([.. errors.OrderBy(error => error.Line ?? int.MaxValue)]);
    }

    private void BindSection(SettingNode section)
    {
        foreach (var child in section.Children)
        {
            if (OptionTable.ByPath.TryGetValue(child.Path, out var option))
            {
                BindOption(option, child);
            }
            else if (section.Path == OptionTable.MnesiaTables)
            {
                BindTable(child);
            }
            else if (!OptionTable.Sections.TryGetValue(child.Path, out var enable))
            {
                RefuseUnknown(section, child, OptionTable.Members(section.Path));
            }
            else if (child.Value is { } value)
            {
                RefuseValue(child, value, OptionTable.Members(child.Path));
            }
            else
            {
                enable(options);
                places[child.Path] = child.Location;
                BindSection(child);
            }
        }
    }

    private void BindTable(SettingNode table)
    {
        var known = MnesiaTableSettings.Of(table.Name);
        string[] members = [.. known.Select(option => option.Name)];
        if (table.Value is { } value)
        {
            RefuseValue(table, value, members);
            return;
        }

        places[table.Path] = table.Location;
        MnesiaTableSettings.Make(options, table.Name).Origin = table.Location.ToString();
        foreach (var child in table.Children)
        {
            if (known.FirstOrDefault(option => option.Path == child.Path) is { } option)
            {
                BindOption(option, child);
            }
            else
            {
                RefuseUnknown(table, child, members);
            }
        }
    }

    private void BindOption(OptionDescriptor option, SettingNode node)
    {
        if (node.Value is not { } value)
        {
            Refuse(node, option.Refuse("a section"));
        }
        else if (option.TrySet(options, value))
        {
            places[option.Path] = node.Location;
        }
        else
        {
            var found = option.IsSecret ? "" : Describe(value);
            Refuse(node, option.Refuse(found, option.Suggest(value.Text)));
        }
    }

    private void RefuseValue(SettingNode section, SettingValue value, IReadOnlyList<string> members)
    {
        var allowed = section.Path == OptionTable.MnesiaTables ? "a section for each table" : $"a section with {List(members)}";
        Refuse(section, $"found {KindOf(value)}; allowed: {allowed}");
    }

    private void RefuseUnknown(SettingNode section, SettingNode child, IReadOnlyList<string> members)
    {
        var nearest = NearestName.Find(child.Name, members);
        var suggestion = nearest is not null
            ? (section.Path.Length == 0 ? nearest : $"{section.Path}.{nearest}")
            : Elsewhere(child.Name);
        if (suggestion is not null)
        {
            refused.Add(suggestion);
        }

        var what = child.Value is null ? "unknown section" : "unknown option";
        Refuse(child, $"{what}; allowed here: {List(members)}{NearestName.Hint(suggestion)}");
    }

    // The right name in a wrong section: named when only one section has it. Also a whole path in quotes.
    private static string? Elsewhere(string name)
    {
        var paths = OptionTable.ByPath.Keys.Concat(OptionTable.Sections.Keys)
            .Where(path => path == name || path.EndsWith("." + name, StringComparison.Ordinal))
            .Take(2)
            .ToArray();
        return paths.Length == 1 ? paths[0] : null;
    }

    private void RequireOptions()
    {
        foreach (var option in OptionTable.Options.Where(option => option.IsRequired))
        {
            if (places.TryGetValue(option.Section, out var place)
                && !places.ContainsKey(option.Path)
                && !IsRefused(option.Path))
            {
                errors.Add(new(place.Source, place.Line, option.Path, option.Refuse("nothing")));
                refused.Add(option.Path);
            }
        }
    }

    private void Refuse(SettingNode node, string message)
    {
        refused.Add(node.Path);
        errors.Add(new(node.Location.Source, node.Location.Line, node.Path, message));
    }

    private bool IsRefused(string path) => refused.Any(other =>
        path.Equals(other, StringComparison.Ordinal)
        || path.StartsWith(other + ".", StringComparison.Ordinal));

    // The option itself, else what the rule follows from, else the sections around the option, else the source.
    private SettingLocation PlaceOf(BrokenRule rule)
    {
        var candidates = rule.Because.Prepend(rule.Option).ToList();
        for (var dot = rule.Option.LastIndexOf('.'); dot > 0; dot = rule.Option.LastIndexOf('.', dot - 1))
        {
            candidates.Add(rule.Option[..dot]);
        }

        var known = candidates.Find(places.ContainsKey);
        return known is null ? fallback : places[known];
    }

    private static string List(IReadOnlyList<string> names) => string.Join(", ", names);

    private static string Describe(SettingValue value) => value.Kind switch
    {
        SettingKind.Untyped => $"\"{value.Text}\"",
        SettingKind.String => $"the string \"{value.Text}\"",
        SettingKind.Integer or SettingKind.Float or SettingKind.Boolean => $"{KindOf(value)}, {value.Text}",
        _ => KindOf(value),
    };

    // Without the value: where a section belongs, a whole connection string with its password may stand.
    private static string KindOf(SettingValue value) => value.Kind switch
    {
        SettingKind.Untyped or SettingKind.String => "a string",
        SettingKind.Integer => "an integer",
        SettingKind.Boolean => "a boolean",
        SettingKind.Float => "a float",
        SettingKind.DateTime => "a date or time",
        SettingKind.Array => "an array",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.Kind, "Unknown kind of value."),
    };
}
