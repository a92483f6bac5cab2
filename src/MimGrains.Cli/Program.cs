using System.CommandLine;
using MimGrains.Cli;
using MimGrains.Cli.Commands;

var root = new RootCommand("Looks at a MimGrains cluster, and operates it. Exit codes: 0 done, 1 failed, 2 usage, 3 not all is well.")
{
    GlobalOptions.Config, GlobalOptions.Json, GlobalOptions.Timeout,
    StatusCommand.Make(), CetsCommands.Make(), MnesiaCommands.Make(), SessionCommands.Make(), ClusterCommands.Make(),
};
var parsed = root.Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCode.Usage : exitCode;
