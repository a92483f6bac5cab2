using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MimGrains.Cli;

/// <summary>Prints results: tables for people, or JSON for programs.</summary>
internal sealed class Output(IAnsiConsole console, TextWriter writer, bool isJson)
{
    // Keys and records may be in any script.
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly JsonSerializerOptions OneLine = new(Indented) { WriteIndented = false };

    private const int NoTerminalColumns = 1_000;

    /// <summary>Makes the output of this process. What goes to a file or a pipe is not wrapped.</summary>
    public static Output ToConsole(bool isJson)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = NoTerminalColumns;
        }

        return new Output(AnsiConsole.Console, Console.Out, isJson);
    }

    /// <summary>Prints a result.</summary>
    public void Write<TValue>(TValue value, Func<TValue, IRenderable> show)
    {
        if (isJson)
        {
            writer.WriteLine(JsonSerializer.Serialize(value, Indented));
        }
        else
        {
            console.Write(show(value));
        }
    }

    /// <summary>Prints one of many results as soon as it is there: JSON on a line of its own.</summary>
    public void WriteLine<TValue>(TValue value, Func<TValue, string> show)
    {
        writer.WriteLine(isJson ? JsonSerializer.Serialize(value, OneLine) : show(value));
        writer.Flush();
    }

    /// <summary>Makes a table of texts, which are shown as they are.</summary>
    public static Table Table(IEnumerable<string> columns, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }
}
