using System.Text.RegularExpressions;
using MimGrains.Configuration;

namespace MimGrains.Hosting.Tests.Configuration;

public sealed partial class DocumentationTests
{
    private static readonly string ReadmePath = Path.Combine(AppContext.BaseDirectory, "Hosting.README.md");

    [Fact]
    public void The_table_of_options_in_the_readme_is_the_table_that_sources_are_read_by()
    {
        var rows = File.ReadLines(ReadmePath).Where(line => line.StartsWith("| `", StringComparison.Ordinal));

        Assert.Equal(OptionTable.Options.Concat(MnesiaTableSettings.Of("NAME")).Select(Row), rows);
    }

    [Fact]
    public void The_example_in_the_readme_is_valid()
    {
        var example = Example().Match(File.ReadAllText(ReadmePath));

        Assert.True(example.Success, "The README has no TOML example.");
        Assert.Equal(InternalDatabase.Cets, MimGrainsToml.Parse(example.Groups[1].Value, "README.md").General.SmBackend);
    }

    [Fact]
    public void Every_property_of_the_options_is_set_by_an_option()
    {
        // Strings and numbers in the model, sections left aside: one descriptor for each.
        Type[] sections = [typeof(NodeOptions), typeof(GeneralOptions), typeof(MnesiaTableOptions), typeof(CetsOptions),
            typeof(StreamManagementOptions), typeof(StaleHOptions), typeof(MucOptions), typeof(CapsOptions), typeof(BoshOptions),
            typeof(AnonymousOptions), typeof(RdbmsConnectionOptions)];
        var properties = sections.SelectMany(section => section.GetProperties())
            .Where(property => property.CanWrite && property.PropertyType != typeof(StaleHOptions)
                && property.Name != nameof(MnesiaTableOptions.Origin))
            .Select(property => property.Name);

        Assert.Equal(
            properties.Select(name => name.ToUpperInvariant()).Order(StringComparer.Ordinal),
            OptionTable.Options.Concat(MnesiaTableSettings.Of("NAME")).Select(option => option.Name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant())
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Variables_begin_with_the_prefix_and_are_unique()
    {
        Assert.All(OptionTable.Options, option => Assert.Matches("^MIM_[A-Z0-9_]+$", option.Variable));
        Assert.Equal(OptionTable.Options.Count, OptionTable.ByVariable.Count);
    }

    private static string Row(OptionDescriptor option)
    {
        var defaults = new MimGrainsOptions { Rdbms = new(), InternalDatabases = new() { Cets = new() } };
        var value = option.DefaultNote ?? $"`{option.Show(defaults)}`";
        var variable = option.Variable.Length == 0 ? "none" : $"`{option.Variable}`";
        return $"| `{option.Path}` | {variable} | {option.Type}: {option.Allowed} | {value} |";
    }

    [GeneratedRegex("```toml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
