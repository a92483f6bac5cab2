using System.CommandLine;
using MimGrains.Benchmarks.Compare;

namespace MimGrains.Benchmarks;

/// <summary><c>compare</c>: medians of measured runs beside the figures of CETS.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var files = new Argument<FileInfo[]>("file")
        {
            Description = "Files with the lines of runs; standard input if none is named.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var strict = new Option<bool>("--strict") { Description = "Ends with exit code 1 if a target is missed." };
        var command = new Command("compare", "Prints medians of runs, with how many times better they are than CETS.")
        {
            files, strict,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var table = new ResultTable(CetsFigures.Load());
            foreach (var file in parsed.GetValue(files) ?? [])
            {
                using var reader = file.OpenText();
                await AddAsync(table, reader, cancellationToken);
            }

            if (parsed.GetValue(files) is not { Length: > 0 })
            {
                await AddAsync(table, Console.In, cancellationToken);
            }

            var missed = table.Print(Console.Out);
            return missed > 0 && parsed.GetValue(strict) ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static async Task AddAsync(ResultTable table, TextReader lines, CancellationToken cancellationToken)
    {
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            table.Add(line);
        }
    }
}
