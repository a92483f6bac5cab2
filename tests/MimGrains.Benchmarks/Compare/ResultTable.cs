using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace MimGrains.Benchmarks.Compare;

/// <summary>Medians of the runs of each case, beside what CETS did.</summary>
internal sealed class ResultTable(CetsFigures cets)
{
    private const int Columns = 150;

    // Shown of a case that CETS has no figure for.
    private static readonly string[] MainFields = ["ops_per_s", "ns_per_op", "p50_us", "p99_us"];

    private static readonly string[] NumberColumns =
        ["runs", "median", "least", "most", "p99_us", "CETS", "times better", "target"];

    private readonly Dictionary<string, List<Dictionary<string, double>>> _runs = [];

    /// <summary>
    /// Adds the line of one run; what is no JSON object of a run, such as a progress line, is passed over.
    /// </summary>
    public void Add(string line)
    {
        if (!line.StartsWith('{'))
        {
            return;
        }

        using var json = JsonDocument.Parse(line);
        if (json.RootElement.TryGetProperty("case", out var name) && name.GetString() is { } benchmark)
        {
            _runs.TryAdd(benchmark, []);
            _runs[benchmark].Add(json.RootElement.EnumerateObject()
                .Where(field => field.Value.ValueKind == JsonValueKind.Number)
                .ToDictionary(field => field.Name, field => field.Value.GetDouble()));
        }
    }

    /// <summary>Prints the table; a figure that misses its target is marked.</summary>
    /// <returns>How many figures miss their targets.</returns>
    public int Print(TextWriter output)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumns("case", "field");
        foreach (var column in NumberColumns)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        var missed = 0;
        foreach (var (benchmark, runs) in _runs)
        {
            missed += AddRows(table, benchmark, runs);
        }

        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No });
        console.Profile.Width = Columns;
        console.Write(table);
        output.WriteLine(
            $"CETS: {cets.Source}. Times better: above 1 is better than CETS, for rates, times and bytes alike.");
        return missed;
    }

    private int AddRows(Table table, string benchmark, List<Dictionary<string, double>> runs)
    {
        var missed = 0;
        var theirs = cets.Cases.GetValueOrDefault(benchmark);
        foreach (var field in theirs?.Keys ?? MainFields.Where(runs[0].ContainsKey))
        {
            var values = ValuesOf(runs, field);
            if (values.Length == 0)
            {
                continue;
            }

            var median = Median(values);
            var better = theirs is null ? (double?)null
                : CetsFigures.MoreIsBetter(field) ? median / theirs[field] : theirs[field] / median;
            var targets = cets.Targets.GetValueOrDefault(benchmark);
            var target = targets?.TryGetValue(field, out var asked) is true ? asked : (double?)null;
            var isMissed = better < target;
            missed += isMissed ? 1 : 0;
            table.AddRow(
                benchmark, field, Text(values.Length), Text(median), Text(values[0]), Text(values[^1]),
                ValuesOf(runs, "p99_us") is { Length: > 0 } tail ? Text(Median(tail)) : "",
                theirs is null ? "" : Text(theirs[field]), Text(better), Text(target) + (isMissed ? " MISSED" : ""));
        }

        return missed;
    }

    private static double[] ValuesOf(List<Dictionary<string, double>> runs, string field) =>
        [.. runs.Where(run => run.ContainsKey(field)).Select(run => run[field]).Order()];

    private static double Median(double[] ascending)
    {
        var middle = ascending.Length / 2;
        return ascending.Length % 2 == 1 ? ascending[middle] : (ascending[middle - 1] + ascending[middle]) / 2;
    }

    private static string Text(double? value) => value switch
    {
        null => "",
        >= 1_000 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
