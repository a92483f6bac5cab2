using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Clustering;
using MimGrains.Configuration;
using MimGrains.Hosting;
using MimGrains.Persistent;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>What a silo process says when it is ready.</summary>
/// <param name="Address">The silo, as <c>SiloAddress.ToParsableString()</c>.</param>
/// <param name="ActiveAt">When it was active, in ticks of <see cref="Stopwatch"/>.</param>
/// <param name="ReadyAt">When it had the table besides.</param>
/// <param name="AllocatedBytes">What it had allocated until then.</param>
/// <param name="GcPauseMs">How long collections had stopped it until then.</param>
internal sealed record SiloReady(string Address, long ActiveAt, long ReadyAt, long AllocatedBytes, double GcPauseMs);

/// <summary>
/// The hidden child mode: one silo that does what the harness asks on standard input, until that closes.
/// </summary>
internal static class SiloProgram
{
    public const string Command = "silo";

    /// <summary>The table that the cases work on.</summary>
    public const string TableName = "session";
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private static IReadOnlyList<ISiloOperation> Operations { get; } =
    [
        new MembersOperation(), new CountOperation(), new LeaderOperation(), new LoadOperation(), new ClearOperation(), new MemoryOperation(), new CompiledOperation(),
        new ReadOperation(), new InsertOperation(), new DeleteOperation(), new KillWatchOperation(),
        new InsertWatchOperation(), new WatchOperation(), new MembershipWriteOperation(), new ConnectOperation(), new RouteOperation(),
        new PersistentWriteOperation(), new PersistentReadOperation(), new PersistentCountOperation(), new PersistentLoadOperation(),
        new PersistentBackupOperation(),
        new PersistentClearOperation(), new AccountOperation(), new OpenAccountsOperation(), new AccountSumOperation(),
    ];

    public static async Task<int> RunAsync(FileInfo config, CancellationToken cancellationToken)
    {
        var server = new JsonLineServer();
        using var host = Build(config);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(ReadyTimeout);
            await host.StartAsync(limit.Token);
            var activeAt = Stopwatch.GetTimestamp();
            var silo = await OpenAsync(host.Services, limit.Token);
            foreach (var operation in Operations)
            {
                server.Add(operation.Name, (with, progress, token) => operation.RunAsync(silo, with, progress, token));
            }

            server.SayReady(new SiloReady(
                silo.Address,
                activeAt,
                Stopwatch.GetTimestamp(),
                GC.GetTotalAllocatedBytes(),
                GC.GetTotalPauseDuration().TotalMilliseconds));
        }
#pragma warning disable CA1031 // Whatever it was, the harness is told why this silo did not start.
        catch (Exception error)
#pragma warning restore CA1031
        {
            server.SayFailed(error);
            return 1;
        }

        await server.RunAsync().WaitAsync(cancellationToken);
        using var stop = new CancellationTokenSource(StopTimeout);
        await host.StopAsync(stop.Token);
        return 0;
    }

    private static IHost Build(FileInfo config)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        var options = MimGrainsToml.Load(config.FullName);
        if (options.InternalDatabases?.Mnesia is not null)
        {
            PersistentData.Add(builder.Services);
        }

        builder.UseOrleans(silo => silo.UseMimGrains(options));
        return builder.Build();
    }

    private static async Task<SiloContext> OpenAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<IReadiness>().WaitAsync(cancellationToken);
        await (services.GetService<IPersistentTables>()?.WaitForTablesAsync(cancellationToken: cancellationToken) ?? Task.CompletedTask);
        var address = services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();
        return new SiloContext(address, services);
    }
}
