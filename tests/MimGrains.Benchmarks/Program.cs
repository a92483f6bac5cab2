using System.CommandLine;
using BenchmarkDotNet.Running;
using MimGrains.Benchmarks;
using MimGrains.Benchmarks.Client;
using MimGrains.Benchmarks.Silo;

var config = new Option<FileInfo>("--config") { Required = true };
var silo = new Command(SiloProgram.Command, "One silo process of a cluster under test.") { config };
silo.Hidden = true;
silo.SetAction((parsed, cancellationToken) => SiloProgram.RunAsync(parsed.GetRequiredValue(config), cancellationToken));

var client = new Command(ClientProgram.Command, "One Orleans client of a cluster under test.") { config };
client.Hidden = true;
client.SetAction((parsed, cancellationToken) => ClientProgram.RunAsync(parsed.GetRequiredValue(config), cancellationToken));

// BenchmarkDotNet reads its arguments itself, such as --filter '*Lookup*' or --list flat.
var rest = new Argument<string[]>("arguments")
{
    Description = "Arguments of BenchmarkDotNet; --help after -- tells them.",
};
var micro = new Command("micro", "Measures single classes in this process, with BenchmarkDotNet.") { rest };
micro.TreatUnmatchedTokensAsErrors = false;
micro.SetAction(parsed =>
{
    string[] arguments = [.. parsed.GetValue(rest) ?? [], .. parsed.UnmatchedTokens];
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments);
});

var root = new RootCommand("Measures MimGrains.") { ClusterCommand.Create(), CompareCommand.Create(), micro, silo, client };
return await root.Parse(args).InvokeAsync();
