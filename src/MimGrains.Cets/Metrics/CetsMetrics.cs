using System.Diagnostics.Metrics;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Operation;

namespace MimGrains.Cets.Metrics;

/// <summary>The measurements of replicated tables, for whoever listens to the meter <c>MimGrains.Cets</c>. Thread-safe.</summary>
/// <remarks>
/// The twelve gauges <c>cets_info.*</c> are MongooseIM's, with its names; they are what the last probe has found, and are absent
/// before the first one and after one that failed. All others are read when a listener asks.
/// </remarks>
internal sealed class CetsMetrics : ITableObserver, IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "MimGrains.Cets";

    private readonly List<Instrument> _gauges = [];
    private readonly Meter _meter;
    private readonly Counter<long> _differences;
    private readonly Counter<long> _mended;
    private readonly Counter<long> _overloads;
    private volatile CetsSystemInfo? _info;

    public CetsMetrics(IMeterFactory meters, TableCatalog catalog, ReplicationCarrier carrier)
    {
        _meter = meters.Create(MeterName);
        Nodes("available_nodes", "Nodes that are alive and hold replicated tables", info => info.AvailableNodes);
        Nodes("unavailable_nodes", "Nodes that are listed and not alive", info => info.UnavailableNodes);
        Nodes("joined_nodes", "Nodes that replicate every table of this one with it", info => info.JoinedNodes);
        Nodes("discovered_nodes", "Nodes that discovery knows", info => info.DiscoveredNodes);
        Nodes("remote_nodes_without_disco", "Live nodes that do not answer for replicated tables", info => info.RemoteNodesWithoutDisco);
        Nodes("remote_nodes_with_unknown_tables", "Nodes with a table that this one has not", info => info.RemoteNodesWithUnknownTables);
        Nodes("remote_unknown_tables", "Tables that another node has and this one has not", info => info.RemoteUnknownTables);
        Nodes("remote_nodes_with_missing_tables", "Nodes without a table of this one", info => info.RemoteNodesWithMissingTables);
        Nodes("remote_missing_tables", "Tables of this node that another one has not", info => info.RemoteMissingTables);
        Nodes("conflict_nodes", "Nodes that replicate a table with other nodes than this one does", info => info.ConflictNodes);
        Nodes("conflict_tables", "Tables that nodes replicate with different nodes", info => info.ConflictTables);
        Info("discovery_works", "1 if the last look at the source of the nodes succeeded, else 0", info => info.DiscoveryWorks ? 1 : 0);
        Tables(catalog, "records", "{record}", "Records of a table", host => host.Replica.Count);
        Tables(catalog, "pending_writes", "{write}", "Writes of this silo that some other one has not applied yet", host => host.Lag().Writes);
        Tables(catalog, "log_bytes", "By", "Bytes of writes that are kept for them", host => host.Lag().Bytes);
        Tables(catalog, "tombstones", "{record}", "Deletes that are remembered", host => host.Locked(replica => replica.TombstoneCount));
        Tables(catalog, "conflicts", "{write}", "Received writes that met another one which their silo had not seen", host =>
            host.Locked(replica => replica.Conflicts), isCounter: true);
        _meter.CreateObservableGauge(
            "mimgrains.replication.queue",
            () => carrier.Links.Select(silo => new Measurement<long>(
                carrier.Tables.Sum(table => table.UnsentOf(silo)), new KeyValuePair<string, object?>("silo", silo.Value))),
            "{write}",
            "Writes that wait for the delivery to another silo that is under way");
        var batchWrites = _meter.CreateHistogram<int>("mimgrains.replication.batch_writes", "{write}", "Writes of a delivery to one silo");
        var batchBytes = _meter.CreateHistogram<long>("mimgrains.replication.batch_bytes", "By", "Bytes of the writes of a delivery");
        carrier.OnTaken = (writes, bytes) =>
        {
            batchWrites.Record(writes);
            batchBytes.Record(bytes);
        };
        _differences = _meter.CreateCounter<long>(
            "mimgrains.table.differences", "{record}", "Keys in which replicas were found to differ");
        _mended = _meter.CreateCounter<long>("mimgrains.table.repairs", "{record}", "Records that were mended on a replica");
        _overloads = _meter.CreateCounter<long>(
            "mimgrains.table.overloads", "{event}", "How often writers began to wait for silos that do not answer");
    }

    /// <summary>Returns whether anybody listens to the gauges of the last probe.</summary>
    public bool IsProbeWanted => _gauges.Exists(gauge => gauge.Enabled);

    /// <summary>Takes what a probe has found; null if it failed.</summary>
    public void Set(CetsSystemInfo? info) => _info = info;

    public void OnReplicasDiffer(string table, int keys) => _differences.Add(keys, Tag(table));

    public void OnReplicasMended(string table, int records) => _mended.Add(records, Tag(table));

    public void OnOverload(string table, long logBytes) => _overloads.Add(1, Tag(table));

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string table) => new("table", table);

    private void Nodes(string name, string description, Func<CetsSystemInfo, IReadOnlyList<string>> names) =>
        Info(name, description, info => names(info).Count);

    private void Info(string name, string description, Func<CetsSystemInfo, int> value) => _gauges.Add(
        _meter.CreateObservableGauge(
            $"cets_info.{name}",
            IEnumerable<Measurement<int>> () => _info is { } info ? [new(value(info))] : [],
            unit: null,
            description));

    private void Tables(
        TableCatalog catalog, string name, string unit, string description, Func<TableHost, long> value, bool isCounter = false)
    {
        IEnumerable<Measurement<long>> Measure() =>
            catalog.Hosts.Select(host => new Measurement<long>(value(host), Tag(host.Name)));

        _ = isCounter
            ? (Instrument)_meter.CreateObservableCounter<long>($"mimgrains.table.{name}", Measure, unit, description)
            : _meter.CreateObservableGauge<long>($"mimgrains.table.{name}", Measure, unit, description);
    }
}
