using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Clustering;
using MimGrains.Configuration;
using MimGrains.Hosting.Health;
using MimGrains.Hosting;

namespace MimGrains.Host;

/// <summary>One silo, from start to SIGTERM or SIGINT.</summary>
internal static class SiloProcess
{
    // A silo that must not go on has nothing to wait for; its host may have other services, which get this long.
    private static readonly TimeSpan FailedStopTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AloneStopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DiscoveryPeriod = TimeSpan.FromMilliseconds(200);

    private static readonly string[] RepeatedCategories =
    [
        "Orleans.Runtime.SiloLifecycleSubject", "Microsoft.Extensions.Hosting.Internal.Host",
        "Microsoft.Extensions.Diagnostics.HealthChecks",
    ];

    public static async Task<int> RunAsync(MimGrainsOptions options, LogFormat format, LogLevel level)
    {
        var host = options.Node.HealthPort is null ? BuildPlain(options, format, level) : BuildWithHealth(options, format, level);
        await using var disposal = (IAsyncDisposable)host;
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            await host.StartAsync();
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return SiloCommand.Done; // Told to end while it was still starting, such as waiting for the database.
        }

        try
        {
            await host.Services.GetRequiredService<IReadiness>().WaitAsync(lifetime.ApplicationStopping);
            await Console.Out.WriteLineAsync(ReadyLine(host.Services, options));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to end while persistent tables were loading: the silo runs, and stops as any other.
        }
        catch
        {
            await StopInGoodOrderAsync(host);
            throw;
        }

        return await StopAsync(host, lifetime);
    }

    private static async Task<int> StopAsync(IHost host, IHostApplicationLifetime lifetime)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStopping.Register(() => stopping.TrySetResult());
        await stopping.Task;
        var failure = host.Services.GetRequiredService<SiloFailure>();
        if (failure.Reason is null)
        {
            await StopInGoodOrderAsync(host);
            return SiloCommand.Done;
        }

        var exitCode = failure.IsDeclaredDead ? SiloCommand.DeclaredDead : SiloCommand.Failed;
        await Console.Error.WriteLineAsync($"mim-silo: {failure.Reason}");
        using var limit = new CancellationTokenSource(FailedStopTimeout);
        try
        {
            await host.StopAsync(limit.Token).WaitAsync(FailedStopTimeout);
        }
        catch (Exception exception)
        {
            // What still runs in it would only wait for others, which take nothing of it any more.
            await Console.Error.WriteLineAsync($"mim-silo: not stopped in good order: {exception.Message}");
            Environment.Exit(exitCode);
        }

        return exitCode;
    }

    // Without the others there is nobody to hand anything over to, and what is under way to those who died is not taken any more.
    private static async Task StopInGoodOrderAsync(IHost host)
    {
        var nodes = host.Services.GetRequiredService<INodeRegistry>();
        using var limit = new CancellationTokenSource();
        var stopping = host.StopAsync(limit.Token);
        while (nodes.DiscoveryWorks && await Task.WhenAny(stopping, Task.Delay(DiscoveryPeriod)) != stopping)
        {
            // Whether they are there may turn out while the silo stops.
        }

        limit.CancelAfter(AloneStopTimeout);
        try
        {
            await stopping;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("mim-silo: stopped without the other silos");
        }
    }

    private static IHost BuildPlain(MimGrainsOptions options, LogFormat format, LogLevel level)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Configure(builder, options, format, level);
        return builder.Build();
    }

    private static WebApplication BuildWithHealth(MimGrainsOptions options, LogFormat format, LogLevel level)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Configure(builder, options, format, level);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Parse(options.Node.Address), options.Node.HealthPort!.Value));
        builder.Services.AddRoutingCore();

        // The silo may wait for its database: meanwhile the endpoint tells so.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        var app = builder.Build();
        app.UseRouting();
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteReport });
        app.MapGet("/health/live", () => Results.Ok());
        return app;
    }

    private static void Configure(IHostApplicationBuilder builder, MimGrainsOptions options, LogFormat format, LogLevel level)
    {
        builder.Logging.SetMinimumLevel(level);
        if (format == LogFormat.Json)
        {
            builder.Logging.AddJsonConsole();
        }
        else
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
            });
        }

        // Orleans, Polly and ASP.NET tell every step at this level; their warnings remain, but for the one that recommends server GC.
        var quiet = level > LogLevel.Warning ? level : LogLevel.Warning;
        builder.Logging.AddFilter("Orleans", quiet).AddFilter("Microsoft", quiet).AddFilter("Polly", quiet);
        builder.Logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);

        // Each of these repeats the error of a failed start with its stack trace; the command prints it once. The answer of the
        // health endpoint tells what its log would repeat with every request.
        foreach (var category in RepeatedCategories)
        {
            builder.Logging.AddFilter(category, LogLevel.Critical);
        }

        builder.Services.AddHealthChecks().AddMimGrains();
        builder.UseOrleans(silo => silo.UseMimGrains(options));
    }

    private static string ReadyLine(IServiceProvider services, MimGrainsOptions options) =>
        $"mim-silo ready: node {options.Node.EffectiveName}, silo {options.Node.Address}:{options.Node.SiloPort}, " +
        $"gateway {options.Node.Address}:{options.Node.GatewayPort}, cluster {options.InternalDatabases!.Cets!.ClusterName}, " +
        $"node number {services.GetRequiredService<INodeRegistry>().NodeNumber}";

    private static Task WriteReport(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        status = report.Status.ToString(),
        checks = report.Entries.ToDictionary(
            entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), reason = entry.Value.Description }),
    });
}
