using System.Collections.Concurrent;
using System.Diagnostics;

namespace MimGrains.ProcessSupport;

/// <summary>A silo that runs as a process of its own. Any thread.</summary>
public sealed partial class SiloProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<SiloProcess, byte> Alive = new();
    private readonly Process _process;
    private readonly SemaphoreSlim _input = new(1, 1);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static SiloProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    private SiloProcess(string name, Process process)
    {
        Name = name;
        _process = process;
        Id = process.Id;
    }

    /// <summary>Returns the name that messages use.</summary>
    public string Name { get; }

    /// <summary>Returns the process id.</summary>
    public int Id { get; }

    /// <summary>Returns what it printed.</summary>
    public OutputLog Output { get; } = new();

    /// <summary>Completes with the exit code once it has ended and all its output was read.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts a process. It is killed when disposed, and when this process exits.</summary>
    /// <param name="name">For messages, such as <c>silo 1</c>.</param>
    /// <param name="command">What to start.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">
    /// There is no such program, or it must not be started.
    /// </exception>
    public static SiloProcess Start(string name, ChildCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var process = Process.Start(command.ToStartInfo())
            ?? throw new InvalidOperationException($"{command.FileName} did not start a process.");
        var silo = new SiloProcess(name, process);
        Alive[silo] = 0;
        _ = silo.ReadAllAsync();
        return silo;
    }

    /// <summary>Sends a line to its standard input.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public async Task SendLineAsync(string line, CancellationToken cancellationToken = default)
    {
        await _input.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException error)
        {
            throw new InvalidOperationException($"{Name} does not read its input any more.\n{Diagnose()}", error);
        }
        finally
        {
            _input.Release();
        }
    }

    /// <summary>Closes its standard input: whoever serves requests from it ends. Nothing if it has ended.</summary>
    public async Task CloseInputAsync(CancellationToken cancellationToken = default)
    {
        await _input.WaitAsync(cancellationToken);
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read any more.
        }
        finally
        {
            _input.Release();
        }
    }

    /// <summary>Returns the first line that matches, printed before or after this call.</summary>
    /// <param name="matches">Called under a lock: quick, and no calls back.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="from">The number of the first line to look at, from <see cref="OutputLog.NextNumber"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TimeoutException">It was not printed in time; the message ends with what was.</exception>
    /// <exception cref="InvalidOperationException">The process ended before.</exception>
    public async Task<OutputLine> WaitForLineAsync(
        Func<string, bool> matches, TimeSpan timeout, long from = 0, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return await Output.WaitAsync(matches, from, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"{Name} did not print the expected line in {timeout.TotalSeconds:0.#} s.\n{Diagnose()}");
        }
    }

    /// <summary>Returns what is known about the process and the last lines it printed, for messages.</summary>
    public string Diagnose()
    {
        var state = Exited.IsCompletedSuccessfully ? $"exited with {Exited.Result}" : "running or just ending";
        return $"--- {Name} (process {Id}, {state}), last lines:\n{Output.Tail()}\n---";
    }

    /// <summary>Kills it and its children if they are alive, and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        KillTree();
        await _exited.Task;
        _process.Dispose();
        _input.Dispose();
    }

    private static void KillAll()
    {
        foreach (var silo in Alive.Keys)
        {
            silo.KillTree();
        }
    }

    private async Task ReadAllAsync()
    {
        await Task.WhenAll(
            ReadAsync(_process.StandardOutput, isError: false),
            ReadAsync(_process.StandardError, isError: true),
            _process.WaitForExitAsync());
        Alive.TryRemove(this, out _);
        _exited.TrySetResult(_process.ExitCode);
        Output.Close(new InvalidOperationException($"{Name} has ended.\n{Diagnose()}"));
    }

    private async Task ReadAsync(StreamReader reader, bool isError)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Output.Add(line, isError);
        }
    }
}
