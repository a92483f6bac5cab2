using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Benchmarks.Silo;
using MimGrains.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Client;

/// <summary>The hidden child mode: one Orleans client that does what the harness asks on standard input, until that closes.</summary>
internal static class ClientProgram
{
    public const string Command = "client";
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <param name="config">The configuration of a silo: the client finds the same cluster by it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(FileInfo config, CancellationToken cancellationToken)
    {
        var server = new JsonLineServer();
        using var host = Build(config);
        try
        {
            await host.StartAsync(cancellationToken);
            var table = host.Services.GetRequiredKeyedService<ITableClient<SessionKey, SessionRecord>>(SiloProgram.TableName);
            server.Add(ClientReadOperation.OperationName, async (with, _, token) =>
                await ClientReadOperation.RunAsync(table, with.Deserialize<ClientReadParameters>(JsonLines.Options)!, token));
            server.SayReady(new Nothing());
        }
#pragma warning disable CA1031 // Whatever it was, the harness is told why this client did not start.
        catch (Exception error)
#pragma warning restore CA1031
        {
            server.SayFailed(error);
            return ExitCode.Failed;
        }

        await server.RunAsync().WaitAsync(cancellationToken);
        using var stop = new CancellationTokenSource(StopTimeout);
        await host.StopAsync(stop.Token);
        return ExitCode.Done;
    }

    private static IHost Build(FileInfo config)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddTableClient<SessionKey, SessionRecord>(SiloProgram.TableName);
        builder.UseOrleansClient(client => client.UseMimGrains(MimGrainsToml.Load(config.FullName)));
        return builder.Build();
    }
}
