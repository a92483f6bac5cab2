using Microsoft.Extensions.Time.Testing;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class PauseTests
{
    private static readonly ReplicaId Other = new("127.0.0.1:2@1");

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly ReplicatedTable<string, string> _table;
    private long _version;

    public PauseTests() => _table = LocalTable.Make(
        new TableDefinition<string, string>("table") { TimeToLive = static (_, _) => TimeSpan.FromSeconds(1) }, _time);

    [Fact]
    public async Task A_writer_that_has_waited_too_long_is_told_who_has_paused_where_and_since_when()
    {
        Set(Other, [Pause("the backup")]);
        var write = _table.InsertAsync("key", "record");
        _time.Advance(TimeSpan.FromSeconds(11));
        var error = await Assert.ThrowsAsync<TableUnavailableException>(() => write);
        Assert.Contains($"the backup on {Other} since 2020-", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public async Task A_writer_that_gives_up_writes_nothing_later()
    {
        Set(Other, [Pause("the backup")]);
        using var stop = new CancellationTokenSource();
        var write = _table.InsertAsync("key", "record", stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        Set(Other, []);
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void A_pause_that_is_not_told_again_is_lifted_and_one_that_is_stays()
    {
        Set(Other, [Pause("the backup")]);
        _time.Advance(TimeSpan.FromSeconds(9));
        Set(Other, [Pause("the backup")]);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Empty(_table.LapsePauses());
        Assert.True(_table.IsPaused);

        Set(new ReplicaId("127.0.0.1:3@1"), [Pause("another")]);
        _time.Advance(TimeSpan.FromSeconds(9.7));
        Assert.Equal([Other], _table.LapsePauses());
        Assert.True(_table.IsPaused);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(_table.LapsePauses());
        Assert.False(_table.IsPaused);
    }

    [Fact]
    public async Task What_this_silo_paused_itself_does_not_lapse()
    {
        Set(_table.Replica.Self, [Pause("the backup")]);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_table.LapsePauses());
        Assert.True(_table.IsPaused);
        Set(_table.Replica.Self, []);
        await _table.InsertAsync("key", "record");
    }

    [Fact]
    public void A_list_of_pauses_that_comes_late_brings_none_back()
    {
        _table.SetPauses(Other, new TablePauses(2, [Pause("the backup")]));
        _table.SetPauses(Other, new TablePauses(3, []));
        Assert.False(_table.SetPauses(Other, new TablePauses(2, [Pause("the backup")])));
        Assert.False(_table.IsPaused);

        _table.SetPauses(Other, new TablePauses(4, [Pause("the backup")]));
        _table.EndPauses(Other, isDead: true);
        Assert.False(_table.SetPauses(Other, new TablePauses(5, [Pause("the backup")])));
        Assert.False(_table.IsPaused);
    }

    [Fact]
    public async Task Nothing_expires_while_writers_wait()
    {
        await _table.InsertAsync("key", "record");
        Set(Other, [Pause("the backup")]);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(_table.ExpireRecords());
        Set(Other, []);
        Assert.True(_table.ExpireRecords());
    }

    private void Set(ReplicaId silo, TablePause[] pauses) => _table.SetPauses(silo, new TablePauses(++_version, pauses));

    private TablePause Pause(string who) => new(Guid.Empty, who, Other.Value, _time.GetUtcNow());
}
