using System.Globalization;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace MimGrains.Hosting;

/// <summary>Turns TOML into a tree of settings that know their lines.</summary>
internal static class TomlSettings
{
    /// <summary>Returns the tree of a TOML document.</summary>
    /// <exception cref="MimGrainsConfigurationException">The text is not TOML; lists every syntax error.</exception>
    public static SettingNode Read(string text, string fileName)
    {
        var document = Parse(text, fileName);
        if (document.HasErrors)
        {
            throw new MimGrainsConfigurationException(SyntaxErrors(document, text, fileName));
        }

        var root = new SettingNode("", "", new(fileName));
        ReadMembers(root, document.KeyValues, fileName);
        foreach (var table in document.Tables)
        {
            var node = Walk(root, table.Name!, fileName);
            if (table is TableArraySyntax)
            {
                node.Value = new(SettingKind.Array, "");
            }
            else
            {
                ReadMembers(node, table.Items, fileName);
            }
        }

        return root;
    }

    private static DocumentSyntax Parse(string text, string fileName)
    {
        try
        {
            return SyntaxParser.Parse(text, fileName);
        }
        catch (TomlException exception)
        {
            throw new MimGrainsConfigurationException(
                [new(fileName, null, "", $"is not valid TOML: {Withhold(exception.Message, "")}")], exception);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // Tomlyn 2.10.2 fails on its own message when the text ends right after a backslash in a string.
            var line = text.Count(character => character == '\n') + 1;
            throw new MimGrainsConfigurationException(
                [new(fileName, line, "", "is not valid TOML: the text ends within an escape of a string")], exception);
        }
    }

    private static void ReadMembers(SettingNode section, IEnumerable<KeyValueSyntax> members, string fileName)
    {
        foreach (var member in members)
        {
            var node = Walk(section, member.Key!, fileName);
            if (member.Value is InlineTableSyntax table)
            {
                ReadMembers(node, table.Items.Select(item => item.KeyValue!), fileName);
            }
            else
            {
                node.Value = ReadValue(member.Value!);
            }
        }
    }

    // a.b.c -> the node of c, with the sections a and a.b before it.
    private static SettingNode Walk(SettingNode from, KeySyntax key, string fileName)
    {
        var location = new SettingLocation(fileName, key.Span.Start.Line + 1);
        return key.DotKeys.Select(item => item.Key!).Prepend(key.Key!)
            .Select(part => part is StringValueSyntax quoted ? quoted.Value! : ((BareKeySyntax)part).Key!.Text!)
            .Aggregate(from, (section, name) => section.Child(name, location));
    }

    private static SettingValue ReadValue(ValueSyntax value) => value switch
    {
        StringValueSyntax text => new(SettingKind.String, text.Value!),
        IntegerValueSyntax number => new(SettingKind.Integer, number.Value.ToString(CultureInfo.InvariantCulture)),
        BooleanValueSyntax truth => new(SettingKind.Boolean, truth.Value ? "true" : "false"),
        FloatValueSyntax number => new(SettingKind.Float, number.Value.ToString(CultureInfo.InvariantCulture)),
        DateTimeValueSyntax => new(SettingKind.DateTime, ""),
        ArraySyntax => new(SettingKind.Array, ""),
        _ => throw new InvalidOperationException($"TOML has no value of the kind {value.Kind}."),
    };

    private static List<ConfigurationError> SyntaxErrors(DocumentSyntax document, string text, string fileName)
    {
        var lines = text.Split('\n');
        return
        [
            .. document.Diagnostics
                .Where(diagnostic => diagnostic.Kind == DiagnosticMessageKind.Error)
                .Select(diagnostic => (
                    Line: Math.Clamp(diagnostic.Span.Start.Line, 0, lines.Length - 1), diagnostic.Message))
                .OrderBy(error => error.Line)
                .Select(error => new ConfigurationError(
                    fileName, error.Line + 1, "", "is not valid TOML: " + Withhold(error.Message, lines[error.Line]))),
        ];
    }

    // The parser quotes what it stumbles over, and that may be the value of a secret without its quotes.
    private static string Withhold(string message, string line)
    {
        var secret = OptionTable.Options.FirstOrDefault(option => option.IsSecret
            && (line + message).Contains(option.Name, StringComparison.OrdinalIgnoreCase));
        return secret is null ? message : $"the line with {secret.Name} cannot be read, or is there twice";
    }
}
