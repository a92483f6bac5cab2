using System.Globalization;
using System.Runtime.InteropServices;
using MimGrains.Samples.Quickstart;
using Spectre.Console;

// Quickstart [--discovery HOW]        the demo: starts the silos, asks them, kills one, ends
// Quickstart silo CONFIG              one silo, started by the demo; commands on stdin, answers on stdout
const int failed = 1;
const int badUsage = 2;
const int interrupted = 130;

if (args is ["silo", var config])
{
    return await SiloProgram.RunAsync(config);
}

var usesNodeList = args is ["--discovery", "file"];
if (!usesNodeList && args is not ([] or ["--discovery", "rdbms"]))
{
    await Console.Error.WriteLineAsync("Usage: Quickstart [--discovery rdbms|file]");
    return badUsage;
}

using var stop = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
deadline.CancelAfter(Demo.Deadline);

try
{
    await using var demo = new Demo(usesNodeList);
    await demo.RunAsync(deadline.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    AnsiConsole.MarkupLine("[yellow]Interrupted; everything that was started is stopped.[/]");
    return interrupted;
}
catch (OperationCanceledException)
{
    AnsiConsole.MarkupLine($"[red]Failed:[/] not done within {Demo.Deadline.TotalSeconds:0} s.");
    return failed;
}
catch (Exception error)
{
    AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]Failed:[/] {error.Message}");
    if (error is not CheckFailedException)
    {
        await Console.Error.WriteLineAsync(error.ToString());
    }

    return failed;
}

// The demo ends by its own path, which stops the silos and removes the folder.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
