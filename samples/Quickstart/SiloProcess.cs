using System.Diagnostics;
using System.Globalization;

namespace MimGrains.Samples.Quickstart;

/// <summary>A silo process that the demo started, and the questions that it answers.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private const int KeptErrorLines = 20;
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Queue<string> _lastErrors = new();
    private readonly SemaphoreSlim _oneCommand = new(1);

    private SiloProcess(SiloConfig config, Process process) => (Config, _process) = (config, process);

    public SiloConfig Config { get; }

    public int ProcessId => _process.Id;

    /// <summary>Returns the address of this incarnation, as session ids hold it.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Returns how many sessions it held when it had joined.</summary>
    public long CountWhenReady { get; private set; }

    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>Starts the process without waiting for it; <see cref="WaitForReadyAsync"/> does.</summary>
    public static SiloProcess Start(SiloConfig config, string folder)
    {
        // The process runs itself again: as its own executable, or through dotnet.
        var host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(typeof(SiloProcess).Assembly.Location);
        }

        start.ArgumentList.Add("silo");
        start.ArgumentList.Add(config.Path);
        // What the caller's environment says about another node is not for these.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MIM_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        var silo = new SiloProcess(config, Process.Start(start)!);
        silo._process.ErrorDataReceived += (_, line) => silo.Remember(line.Data);
        silo._process.BeginErrorReadLine();
        return silo;
    }

    public async Task WaitForReadyAsync(CancellationToken cancellationToken)
    {
        var words = (await ReadAnswerAsync("start", cancellationToken)).Split(' ');
        Address = words[0];
        CountWhenReady = Number(words[1]);
        ReadyAfter = DateTime.Now - _process.StartTime;
    }

    public async Task<string> AskAsync(string command, CancellationToken cancellationToken)
    {
        await _oneCommand.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(command.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
            return await ReadAnswerAsync(command, cancellationToken);
        }
        catch (IOException error)
        {
            throw Failure(command, error.Message);
        }
        finally
        {
            _oneCommand.Release();
        }
    }

    public async Task<long> CountAsync(CancellationToken cancellationToken) =>
        Number(await AskAsync("count", cancellationToken));

    public async Task<long> CountUsersAsync(CancellationToken cancellationToken) =>
        Number(await AskAsync("users", cancellationToken));

    /// <summary>Opens sessions on this silo.</summary>
    public async Task<TimeSpan> OpenAsync(int count, string userPrefix, CancellationToken cancellationToken) =>
        TimeSpan.FromMilliseconds(Number(await AskAsync($"open {count} {userPrefix}", cancellationToken)));

    /// <summary>Returns how many sessions of each silo this one holds.</summary>
    public async Task<IReadOnlyDictionary<string, long>> OwnersAsync(CancellationToken cancellationToken) =>
        (await AskAsync("owners", cancellationToken))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(owner => owner.Split('='))
        .ToDictionary(owner => owner[0], owner => Number(owner[1]));

    /// <summary>Returns how many sessions of a user this silo holds, and how long one lookup takes on it.</summary>
    public async Task<(long Sessions, long LookupNs)> LookupAsync(string user, CancellationToken cancellationToken)
    {
        var words = (await AskAsync($"lookup {user}", cancellationToken)).Split(' ');
        return (Number(words[0]), Number(words[1]));
    }

    /// <summary>Ends the process at once, as <c>kill -9</c> does: it can say goodbye to nobody.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Stops the process by closing its standard input.</summary>
    /// <returns>True when it stopped by itself in time, with exit code 0.</returns>
    public async Task<bool> StopAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
        }

        using var timeout = new CancellationTokenSource(s_stopTimeout);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            return _process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        _oneCommand.Dispose();
    }

    private async Task<string> ReadAnswerAsync(string command, CancellationToken cancellationToken)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken);
        return line switch
        {
            null => throw Failure(command, "the process ended"),
            _ when line.StartsWith("ok ", StringComparison.Ordinal) => line[3..],
            _ => throw Failure(command, line),
        };
    }

    private CheckFailedException Failure(string command, string reason)
    {
        lock (_lastErrors)
        {
            var log = _lastErrors.Count == 0 ? "" : $"{Environment.NewLine}{string.Join(Environment.NewLine, _lastErrors)}";
            return new CheckFailedException($"{Config.Name}, '{command}': {reason}{log}");
        }
    }

    private void Remember(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lastErrors)
        {
            _lastErrors.Enqueue(line);
            if (_lastErrors.Count > KeptErrorLines)
            {
                _lastErrors.Dequeue();
            }
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
