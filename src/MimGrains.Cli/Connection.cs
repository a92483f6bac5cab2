using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Configuration;
using MimGrains.Hosting;
using MimGrains.Operation;
using MimGrains.Persistent;
using MimGrains.Sessions;

namespace MimGrains.Cli;

/// <summary>An Orleans client of the cluster that the configuration names.</summary>
internal sealed class Connection : IAsyncDisposable
{
    private readonly IHost _host;

    private Connection(IHost host, MimGrainsOptions options, Output output)
    {
        _host = host;
        Options = options;
        Output = output;
    }

    public MimGrainsOptions Options { get; }

    public Output Output { get; }

    public IOperatorGrain Operator => _host.Services.GetRequiredService<IGrainFactory>().GetGrain<IOperatorGrain>(IOperatorGrain.Key);

    public IPersistentOperatorGrain PersistentOperator =>
        _host.Services.GetRequiredService<IGrainFactory>().GetGrain<IPersistentOperatorGrain>(IPersistentOperatorGrain.Key);

    public ISessionManager Sessions => _host.Services.GetRequiredService<ISessionManager>();

    /// <summary>Connects, does what a command asks for, and says what went wrong.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        ParseResult parsed, Func<Connection, CancellationToken, Task<int>> action, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(parsed, cancellationToken);
            return await action(connection, cancellationToken);
        }
        catch (MimGrainsConfigurationException exception)
        {
            return await FailAsync(exception.Message, ExitCode.Usage);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await FailAsync("interrupted", ExitCode.Failed);
        }
        catch (Exception exception)
        {
            return await FailAsync(exception.Message, ExitCode.Failed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _host.StopAsync(limit.Token);
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private static async Task<Connection> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(GlobalOptions.Config)!;
        var options = MimGrainsToml.Load(file.ToString());
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => client.UseMimGrains(options));
        var host = builder.Build();
        var seconds = parsed.GetValue(GlobalOptions.Timeout);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            await host.StartAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            host.Dispose();
            var why = exception is OperationCanceledException ? $"none answered within {seconds} s" : exception.Message;
            throw new InvalidOperationException(
                $"No silo of cluster {options.InternalDatabases?.Cets?.ClusterName} can be reached ({file}): {why}", exception);
        }

        return new Connection(host, options, Output.ToConsole(parsed.GetValue(GlobalOptions.Json)));
    }

    private static async Task<int> FailAsync(string message, int exitCode)
    {
        await Console.Error.WriteLineAsync($"mimctl: {message}");
        return exitCode;
    }
}
