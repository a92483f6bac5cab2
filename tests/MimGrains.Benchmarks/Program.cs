using System.CommandLine;
using MimGrains.Benchmarks;
using MimGrains.Benchmarks.Silo;

var config = new Option<FileInfo>("--config") { Required = true };
var silo = new Command(SiloProgram.Command, "One silo process of a cluster under test.") { config };
silo.Hidden = true;
silo.SetAction((parsed, cancellationToken) => SiloProgram.RunAsync(parsed.GetRequiredValue(config), cancellationToken));

var root = new RootCommand("Measures MimGrains.") { ClusterCommand.Create(), CompareCommand.Create(), silo };
return await root.Parse(args).InvokeAsync();
