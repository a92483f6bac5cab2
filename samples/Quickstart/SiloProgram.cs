using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Hosting;
using MimGrains.Sessions;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Samples.Quickstart;

// One line in, one line out: "ok VALUES..." or "error MESSAGE". The first line, without being asked: "ok SILO_ADDRESS SESSIONS".

/// <summary>One silo process. It ends when its standard input does, so that it never outlives the demo.</summary>
internal static class SiloProgram
{
    private const int SessionsPerBatch = 1_000;
    private const int LookupsPerMeasure = 200_000;
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(45);

    public static async Task<int> RunAsync(string config)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders()
            .AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace)
            .SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo => silo.UseMimGrains(MimGrainsToml.Load(config)));
        using var host = builder.Build();
        try
        {
            await host.StartAsync();
            var services = host.Services;
            var table = services.GetRequiredKeyedService<IReplicatedTable<SessionKey, SessionRecord>>(SessionTable.Name);
            await table.WaitForReadyAsync();
            var address = services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();
            Console.WriteLine($"ok {address} {table.Count}");
        }
        catch (Exception error)
        {
            Console.WriteLine($"error {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }

        var stopping = new TaskCompletionSource();
        using var onStopping = host.Services.GetRequiredService<IHostApplicationLifetime>()
            .ApplicationStopping.Register(stopping.SetResult);
        await Task.WhenAny(AnswerAsync(host.Services.GetRequiredService<ISessionManager>()), stopping.Task);

        using var timeout = new CancellationTokenSource(s_stopTimeout);
        await host.StopAsync(timeout.Token);
        return 0;
    }

    private static async Task AnswerAsync(ISessionManager sessions)
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync() is { } line)
        {
            try
            {
                Console.WriteLine($"ok {await ExecuteAsync(sessions, line.Split(' '))}");
            }
            catch (Exception error)
            {
                Console.WriteLine($"error {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}");
            }
        }
    }

    private static async ValueTask<string> ExecuteAsync(ISessionManager sessions, string[] words) => words switch
    {
        ["open", var count, var prefix] => await OpenAsync(sessions, Number(count), prefix),
        ["count"] => Text(await sessions.CountAsync()),
        ["users"] => Text(await sessions.CountUniqueUsersAsync()),
        ["owners"] => string.Join(' ', (await sessions.CountBySiloAsync()).Select(owner => $"{owner.Key}={Text(owner.Value)}")),
        ["lookup", var user] => await LookupAsync(sessions, user),
        _ => throw new ArgumentException($"Unknown command '{string.Join(' ', words)}'."),
    };

    /// <summary>Opens sessions on this silo; answers the milliseconds that it took.</summary>
    private static async ValueTask<string> OpenAsync(ISessionManager sessions, int count, string prefix)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var batch in Batches(count, prefix))
        {
            await sessions.OpenManyAsync(batch);
        }

        return Text(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>Answers how many sessions a user has, and the nanoseconds that asking this silo's replica takes.</summary>
    private static async ValueTask<string> LookupAsync(ISessionManager sessions, string user)
    {
        var found = await sessions.GetUserSessionsAsync(Server, user);
        var start = Stopwatch.GetTimestamp();
        for (var lookup = 0; lookup < LookupsPerMeasure; lookup++)
        {
            await sessions.GetUserSessionsAsync(Server, user);
        }

        var nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / LookupsPerMeasure;
        return $"{found.Count} {Text(nanoseconds)}";
    }

    public const string Server = "example.com";

    /// <summary>Returns the sessions to open: users <c>PREFIX0</c>, <c>PREFIX1</c>, ..., one session each.</summary>
    public static IEnumerable<SessionRequest[]> Batches(int count, string prefix) =>
        Enumerable.Range(0, count)
            .Select(index => new SessionRequest(Server, $"{prefix}{index}", "phone", new SessionRecord
            {
                Address = "192.0.2.1",
                Port = 5_222,
                Connection = ConnectionType.C2sTls,
            }))
            .Chunk(SessionsPerBatch);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(double number) => number.ToString("0", CultureInfo.InvariantCulture);
}
