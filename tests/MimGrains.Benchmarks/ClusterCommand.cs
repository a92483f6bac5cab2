using System.CommandLine;
using System.Globalization;
using MimGrains.Benchmarks.Cases;
using MimGrains.Benchmarks.Harness;

namespace MimGrains.Benchmarks;

/// <summary><c>cluster</c>: measures a cluster of silo processes.</summary>
internal static class ClusterCommand
{
    private const int MaxSilos = 9;
    private const int MaxRuns = 100;
    private const double MaxSeconds = 600;
    private static readonly Option<int> Silos = new("--silos")
    {
        Description = "Silo processes.",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<string> Case = new("--case")
    {
        Description = "Cases, with commas between, or all.",
        DefaultValueFactory = _ => CaseRegistry.AllName,
    };

    private static readonly Option<int> Runs = new("--runs")
    {
        Description = "Runs of each case.",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "Seconds that are measured.",
        DefaultValueFactory = _ => 4,
    };

    private static readonly Option<double> Warmup = new("--warmup")
    {
        Description = "Seconds before, not measured.",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<string?> Postgres = new("--postgres")
    {
        Description = "Keeps persistent tables in this PostgreSQL (Host=...;Port=...;Database=...;Username=...;Password=...), not in SQLite.",
    };

    private static readonly Option<bool> List = new("--list") { Description = "Only lists the cases." };

    public static Command Create()
    {
        Between(Silos, 1, MaxSilos);
        Between(Runs, 1, MaxRuns);
        Between(Seconds, 0.1, MaxSeconds);
        Between(Warmup, 0, MaxSeconds);
        var command = new Command(
            "cluster", "Measures a cluster of silo processes; one JSON line per run on standard output.")
        {
            Silos, Case, Runs, Seconds, Warmup, Postgres, List,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static void Between<T>(Option<T> option, T least, T most)
        where T : IComparable<T> => option.Validators.Add(result =>
    {
        var value = result.GetValueOrDefault<T>();
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            result.AddError(
                string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {least} to {most}, not {value}."));
        }
    });

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(List))
        {
            foreach (var benchmark in CaseRegistry.All)
            {
                Console.WriteLine($"{benchmark.Name,-24} {benchmark.Summary}");
            }

            return ExitCode.Done;
        }

        IReadOnlyList<IBenchmarkCase> cases;
        try
        {
            cases = CaseRegistry.Find(parsed.GetRequiredValue(Case).Split(',', StringSplitOptions.TrimEntries));
        }
        catch (ArgumentException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return ExitCode.Usage;
        }

        var settings = new RunSettings(
            parsed.GetValue(Silos),
            parsed.GetValue(Runs),
            TimeSpan.FromSeconds(parsed.GetValue(Warmup)),
            TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
            parsed.GetValue(Postgres));
        await using var runner = new CaseRunner(settings, new Progress(Console.Error), Console.Out);
        try
        {
            return await runner.RunAsync(cases, cancellationToken) == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }
}
