using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Tables;
using Orleans.Runtime;
using Xunit;

namespace MimGrains.Sessions.Tests;

public sealed class SessionMetricsTests : IDisposable
{
    private static readonly SiloAddress Address = SiloAddress.New(IPAddress.Loopback, 1, 1);

    private readonly MemoryTable<SessionKey, SessionRecord> _table = new(SessionTable.Definition);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _seen = [];
    private readonly SessionMetrics _metrics;

    public SessionMetricsTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        var own = meters.Create(SessionMetrics.MeterName);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == own)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _seen[instrument.Name] = value);
        _listener.Start();
        _metrics = new SessionMetrics(meters, new ReplicatedSessionStore(_table), new LocalSessions.Details(Address), _time);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task Sessions_are_counted_in_total_by_user_and_of_this_silo()
    {
        Assert.Equal((0, 0, 0), Counts());
        await OpenAsync("alice", "phone", Address.ToParsableString());
        await OpenAsync("alice", "laptop", "127.0.0.1:2@1");
        await OpenAsync("bob", "phone", "127.0.0.1:2@1");
        await OpenAsync("bob", "phone", "127.0.0.1:3@1", server: "other.example");

        _time.Advance(SessionMetrics.WalkAgainAfter);
        Assert.Equal((4, 3, 1), Counts());
    }

    [Fact]
    public async Task What_takes_a_walk_over_all_sessions_is_counted_every_now_and_then_only()
    {
        Assert.Equal((0, 0, 0), Counts());
        await OpenAsync("alice", "phone", Address.ToParsableString());
        Assert.Equal((1, 0, 0), Counts());
        _time.Advance(SessionMetrics.WalkAgainAfter);
        Assert.Equal((1, 1, 1), Counts());
    }

    [Fact]
    public void A_persistent_table_that_is_not_loaded_is_not_measured()
    {
        _seen.Clear();
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var table = new MemoryPersistentTable<SessionKey, SessionRecord>(PersistentSessionTable.Definition) { IsLoaded = false };
        using var metrics = new SessionMetrics(
            meters, new PersistentSessionStore(table, new MemoryTransactions(table)), new LocalSessions.Details(Address), _time);
        var own = meters.Create(SessionMetrics.MeterName);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, source) =>
        {
            if (instrument.Meter == own)
            {
                source.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => _seen[instrument.Name] = value);
        listener.Start();

        listener.RecordObservableInstruments();
        Assert.Empty(_seen);
        table.IsLoaded = true;
        listener.RecordObservableInstruments();
        Assert.Equal(3, _seen.Count);
    }

    private Task OpenAsync(string user, string resource, string silo, string server = "example.com") =>
        _table.InsertAsync(new SessionKey(server, user, resource, new SessionId(1, silo)), new SessionRecord());

    private (long Total, long Users, long Own) Counts()
    {
        _listener.RecordObservableInstruments();
        return (_seen["sm_total_sessions.count"], _seen["sm_unique_sessions.count"], _seen["sm_node_sessions.count"]);
    }
}
