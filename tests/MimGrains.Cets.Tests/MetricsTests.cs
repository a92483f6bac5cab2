using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Metrics;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>In a cluster of its own: what is listened to is measured again and again.</summary>
public sealed class MetricsTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    private const long ReplicationBytesMost = 64 * 1_024 * 1_024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_twelve_gauges_of_mongooseim_come_with_the_first_probe_and_tables_are_measured_when_asked()
    {
        var meters = cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IMeterFactory>().Create(CetsMetrics.MeterName))
            .ToHashSet();
        await TableCluster.NamesOf(cluster.Silos[0]).InsertAsync("measured", "x");
        ConcurrentDictionary<(Meter, string, string), double> seen = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, source) =>
        {
            if (meters.Contains(instrument.Meter))
            {
                source.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => seen[Key(instrument, tags)] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen[Key(instrument, tags)] = value);
        listener.Start();
        using var limit = new CancellationTokenSource(Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            listener.RecordObservableInstruments();
        }
        while (seen.Keys.Count(key => key.Item2 == "cets_info.joined_nodes") < 3 && await tick.WaitForNextTickAsync(limit.Token));

        foreach (var meter in meters)
        {
            var gauges = seen.Where(pair => pair.Key.Item1 == meter && pair.Key.Item2.StartsWith("cets_info.", StringComparison.Ordinal))
                .ToDictionary(pair => pair.Key.Item2, pair => pair.Value, StringComparer.Ordinal);
            Assert.Equal(12, gauges.Count);
            Assert.Equal(3, gauges["cets_info.joined_nodes"]);
            Assert.Equal(1, gauges["cets_info.discovery_works"]);
            Assert.Equal(0, gauges["cets_info.conflict_tables"]);
            Assert.Equal(1, seen[(meter, "mimgrains.table.records", TableCluster.Names)]);
            Assert.Equal(0, seen[(meter, "mimgrains.table.pending_writes", TableCluster.Names)]);
        }
    }

    [Fact]
    public async Task Batches_the_queue_and_conflicts_of_replication_are_measured()
    {
        var meters = cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IMeterFactory>().Create(CetsMetrics.MeterName))
            .ToHashSet();
        ConcurrentDictionary<(string Name, string Tag), long> most = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, source) =>
        {
            if (meters.Contains(instrument.Meter))
            {
                source.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();

        using var limit = new CancellationTokenSource(Patience);
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.WhenAll(cluster.Silos.Select((silo, number) => TableCluster.NamesOf(silo).InsertManyAsync(
                [.. Enumerable.Range(0, 100).Select(key => new TableEntry<string, string>($"contended{key}", $"{number}"))])));
            listener.RecordObservableInstruments();
        }
        while (most.GetValueOrDefault(("mimgrains.table.conflicts", TableCluster.Names)) == 0);

        Assert.InRange(most[("mimgrains.replication.batch_writes", "")], 100, 100_000);
        Assert.InRange(most[("mimgrains.replication.batch_bytes", "")], 1_000, ReplicationBytesMost);
        Assert.Equal(3, most.Keys.Count(key => key.Name == "mimgrains.replication.queue"));

        void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => most.AddOrUpdate(
            (instrument.Name, tags.Length > 0 ? $"{tags[0].Value}" : ""), value, (_, before) => Math.Max(before, value));
    }

    private static (Meter Meter, string Name, string Table) Key(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        (instrument.Meter, instrument.Name, tags.Length > 0 ? $"{tags[0].Value}" : "");
}
