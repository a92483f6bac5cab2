using System.CommandLine;
using MimGrains.Host;

var config = new Option<FileInfo>("--config") { Description = "The configuration file (TOML).", Required = true };
var check = new Option<bool>("--check") { Description = "Only checks the configuration, and prints what it comes to." };
var format = new Option<LogFormat>("--log-format") { Description = "How to log: text for people, json for programs." };
var level = new Option<Microsoft.Extensions.Logging.LogLevel>("--log-level")
{
    Description = "The least level that is logged.",
    DefaultValueFactory = _ => Microsoft.Extensions.Logging.LogLevel.Information,
};
var command = new RootCommand("Runs one silo of a MimGrains cluster.") { config, check, format, level };
command.SetAction((parsed, _) => SiloCommand.RunAsync(
    parsed.GetValue(config)!, parsed.GetValue(check), parsed.GetValue(format), parsed.GetValue(level)));

// The host waits for SIGTERM and SIGINT itself: the parser would end the process after two seconds, whatever still runs.
var parsedArguments = command.Parse(args);
var exitCode = await parsedArguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return parsedArguments.Errors.Count > 0 ? SiloCommand.BadConfiguration : exitCode;
