using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Membership;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Operation;

/// <summary>What operators do with the tables of a cluster, from this silo.</summary>
internal sealed partial class TableOperator(
    TableCatalog catalog,
    ReplicaServiceClient services,
    ReplicationCarrier carrier,
    LiveSilos silos,
    PauseKeeper pauses,
    IOptions<ReplicationOptions> options,
    ILogger<TableOperator> logger) : ITableOperator, IDisposable
{
    private const int WhoMost = 200;

    private readonly ILogger _logger = logger;

    public IReadOnlyList<string> OtherSilos(string table) =>
        HostOf(table).Locked(replica => replica.Peers.Select(peer => peer.Value).ToArray());

    public async Task<TimeSpan> PingAsync(string table, string silo, CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.GetTimestamp();
        if (!await AskAsync(table, silo, service => service.Ping(table), cancellationToken))
        {
            throw NotHeld(table, silo);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    public async Task<IReadOnlyDictionary<string, TimeSpan>> PingAllAsync(
        string table, CancellationToken cancellationToken = default)
    {
        await HostOf(table).Barrier().WaitAsync(cancellationToken);
        var pings = OtherSilos(table).ToDictionary(silo => silo, silo => PingAsync(table, silo, cancellationToken));
        await Task.WhenAll(pings.Values);
        return pings.ToDictionary(ping => ping.Key, ping => ping.Value.Result);
    }

    public async Task<TableInfo> InfoAsync(string table, string? silo = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (silo is null || catalog.Find(table)?.Replica.Self.Value == silo)
        {
            return HostOf(table).Info();
        }

        return await AskAsync(table, silo, service => service.Info(table), cancellationToken) ?? throw NotHeld(table, silo);
    }

    public Task<ITablePause> PauseAsync(string table, string who, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(who);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(who.Length, WhoMost);
        return pauses.PauseAsync(HostOf(table), who, cancellationToken);
    }

    public void Dispose() => _changes.Dispose();

    private TableHost HostOf(string table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return catalog.Find(table) ?? throw new KeyNotFoundException(
            $"No table {table} on this silo; there are: {string.Join(", ", catalog.Names)}.");
    }

    private async Task<TResult> AskAsync<TResult>(
        string table, string silo, Func<IReplicaService, Task<TResult>> ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(silo);
        var service = services.Of(silo, table);
        try
        {
            return await ask(service).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new TableUnavailableException(table, $"{silo} does not answer: {exception.Message}");
        }
    }

    private static KeyNotFoundException NotHeld(string table, string silo) => new($"Silo {silo} holds no table {table}.");
}
