using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.Messaging;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>The process that a client watches a table through is killed while others write.</summary>
[Trait("Category", "Chaos")]
public sealed class WatchCrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Server = "watch.example.com";
    private const int Victim = 1;
    private const int Keys = 20;

    private readonly TempFolder _folder = new();
    private readonly List<SiloMachine> _silos = [];
    private readonly SwitchedGateways _gateways = new();
    private IHost _client = null!;

    public async Task InitializeAsync()
    {
        _silos.AddRange(Enumerable.Range(1, 3).Select(number => new SiloMachine(_folder, number)));
        await Task.WhenAll(_silos.Select(silo => silo.StartAsync()));
        _gateways.Switch(_silos[Victim].Gateway);
        _client = SiloMachine.ClientOf(client =>
        {
            client.Services.AddSingleton<IGatewayListProvider>(_gateways);
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
        });
        await _client.StartAsync().WaitAsync(Eventually.Patience);
    }

    public async Task DisposeAsync()
    {
        await _client.StopAsync().WaitAsync(Eventually.Patience);
        _client.Dispose();
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task A_watch_goes_on_at_another_gateway_and_misses_nothing_or_says_so()
    {
        using var ending = new CancellationTokenSource();

        // Whoever watches there has the survivors keep changes.
        var standing = await Task.WhenAll(Survivors.Select(silo => WatchRecorder.StartAsync(silo.Table, Server, ending.Token)));
        var moving = await WatchRecorder.StartAsync(SiloMachine.TableOf(_client), Server, ending.Token);
        var dead = (await _silos[Victim].Operator.TablesAsync())[0].Silo;
        await _silos[Victim].Table.InsertManyAsync([.. Enumerable.Range(0, Keys).Select(i => Entry(i, dead, 1))]);

        using var stopping = new CancellationTokenSource();
        var writing = Survivors.Select((silo, number) => WriteAsync(silo, number, stopping.Token)).ToList();
        await moving.SeesAsync(changes: 500);
        var watch = Stopwatch.StartNew();
        _silos[Victim].Process.KillHard();
        _gateways.Switch([.. Survivors.Select(silo => silo.Gateway)]);
        await moving.SeesAsync(changes: moving.Changes + 500);
        output.WriteLine($"The watch saw 500 changes more {watch.ElapsedMilliseconds} ms after the kill; begun anew {moving.Restarts} times.");
        await stopping.CancelAsync();
        await Task.WhenAll(writing).WaitAsync(Eventually.Patience);
        await Task.WhenAll(Survivors.Select(silo => SessionReader.GoneAsync(silo.Sessions, dead)));

        await moving.HoldsAsync(await AllAsync(_silos[0].Table));
        for (var number = 0; number < standing.Length; number++)
        {
            // Each value of each key, if nothing was said to be missing; some perhaps twice.
            await standing[number].HoldsAsync(await AllAsync(_silos[0].Table));
            Assert.Equal(0, standing[number].Restarts);
            for (var key = 0; key < Keys && moving.Restarts == 0; key++)
            {
                var seen = moving.SeenOf(Entry(key, OwnerOf(number), 0).Key);
                Assert.Equal(standing[number].SeenOf(Entry(key, OwnerOf(number), 0).Key).Order(), seen.Order());
            }
        }

        await ending.CancelAsync();
    }

    private SiloMachine[] Survivors => [_silos[0], _silos[2]];

    // No silo's: they stay. Each writer has its own.
    private static string OwnerOf(int writer) => $"writer {writer}";

    private static TableEntry<SessionKey, SessionRecord> Entry(int key, string owner, int value) => new(
        new SessionKey(Server, $"u{key}", "r", new SessionId(1, owner)), new SessionRecord { Priority = value });

    private static async Task WriteAsync(SiloMachine silo, int number, CancellationToken stop)
    {
        var value = 0;
        while (!stop.IsCancellationRequested)
        {
            value++;
            for (var key = 0; key < Keys; key++)
            {
                var entry = Entry(key, OwnerOf(number), value);
                await silo.Table.InsertAsync(entry.Key, entry.Record, CancellationToken.None);
            }
        }
    }

    private static async Task<Dictionary<SessionKey, int>> AllAsync(ITableClient<SessionKey, SessionRecord> table)
    {
        var page = await table.GetPageAsync(default, TableClientLimits.PageRecords);
        Assert.Null(page.Continuation);
        return page.Entries.Where(entry => entry.Key.Server == Server).ToDictionary(entry => entry.Key, entry => entry.Record.Priority!.Value);
    }

    /// <summary>The gateways that a client is told, which change.</summary>
    private sealed class SwitchedGateways : IGatewayListProvider
    {
        private volatile IList<Uri> _gateways = [];

        public TimeSpan MaxStaleness => TimeSpan.FromSeconds(1);

        public bool IsUpdatable => true;

        public void Switch(params IPEndPoint[] gateways) => _gateways = [.. gateways.Select(gateway => gateway.ToGatewayUri())];

        public Task InitializeGatewayListProvider() => Task.CompletedTask;

        public Task<IList<Uri>> GetGateways() => Task.FromResult(_gateways);
    }
}
