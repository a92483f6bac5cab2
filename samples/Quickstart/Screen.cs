using System.Globalization;
using Spectre.Console;

namespace MimGrains.Samples.Quickstart;

/// <summary>Prints the demo: a numbered headline per step, and a table.</summary>
internal static class Screen
{
    public static void Step(int number, string text)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{number}. {text}[/]");
    }

    public static void Say(string text) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"   {text}");

    public static void Done(string text)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]{text}[/]");
    }

    /// <summary>Prints a table. Numbers and times are put to the right.</summary>
    public static void Table(string[] columns, IEnumerable<object[]> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        var cells = rows.ToList();
        for (var index = 0; index < columns.Length; index++)
        {
            var column = new TableColumn(new Text(columns[index]));
            table.AddColumn(cells.Any(row => row[index] is not string) ? column.RightAligned() : column);
        }

        foreach (var row in cells)
        {
            table.AddRow(row.Select(cell => new Text(Shown(cell))));
        }

        AnsiConsole.Write(table);
    }

    private static string Shown(object cell) => cell switch
    {
        TimeSpan { TotalSeconds: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s"),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture),
        _ => $"{cell}",
    };
}
