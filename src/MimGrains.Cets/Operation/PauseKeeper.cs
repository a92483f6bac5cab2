using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Operation;

/// <summary>The pauses that were called on this silo: tells the others of them, again and again. Thread-safe.</summary>
internal sealed partial class PauseKeeper(ReplicaServiceClient services, TimeProvider time, ILogger<PauseKeeper> logger)
{
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TableHost, List<TablePause>> _own = [];
    private readonly ILogger _logger = logger;
    private long _lastVersion;
    private Task _renewal = Task.CompletedTask;

    /// <summary>Pauses a table on every silo that holds it.</summary>
    public async Task<ITablePause> PauseAsync(TableHost table, string who, CancellationToken cancellationToken)
    {
        var pause = new TablePause(Guid.NewGuid(), who, table.Replica.Self.Value, time.GetUtcNow());
        Change(table, pauses => pauses.Add(pause));
        try
        {
            await Task.WhenAll(PeersOf(table).Select(peer => TellAsync(table, peer, cancellationToken)));
        }
        catch
        {
            await LiftAsync(table, pause);
            throw;
        }

        LogPaused(_logger, table.Name, who);
        return new Handle(this, table, pause);
    }

    /// <summary>Tells the other silos of all pauses again, those that have joined meanwhile too. Does not wait for them.</summary>
    public void Renew()
    {
        if (_renewal.IsCompleted)
        {
            _renewal = Task.WhenAll(
                from table in Paused()
                from peer in PeersOf(table)
                select TryTellAsync(table, peer));
        }
    }

    private async Task LiftAsync(TableHost table, TablePause pause)
    {
        if (Change(table, pauses => pauses.Remove(pause)))
        {
            LogLifted(_logger, table.Name, pause.Who);

            // Who is not reached lifts it by itself, when it hears nothing more.
            await Task.WhenAll(PeersOf(table).Select(peer => TryTellAsync(table, peer)));
        }
    }

    private bool Change(TableHost table, Func<List<TablePause>, bool> change)
    {
        lock (_own)
        {
            if (!_own.TryGetValue(table, out var pauses))
            {
                _own.Add(table, pauses = []);
            }

            var isChanged = change(pauses);
            table.SetPauses(table.Replica.Self, new TablePauses(++_lastVersion, [.. pauses]));
            if (pauses.Count == 0)
            {
                _own.Remove(table);
            }

            return isChanged;
        }
    }

    private void Change(TableHost table, Action<List<TablePause>> change) => Change(table, pauses =>
    {
        change(pauses);
        return true;
    });

    private List<TableHost> Paused()
    {
        lock (_own)
        {
            return [.. _own.Keys];
        }
    }

    private static ReplicaId[] PeersOf(TableHost table) => table.Locked(replica => replica.Peers.ToArray());

    private async Task TellAsync(TableHost table, ReplicaId peer, CancellationToken cancellationToken)
    {
        try
        {
            await services.Of(peer).Pause(table.Name, table.Replica.Self.Value, table.OwnPauses)
                .WaitAsync(TellTimeout, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new TableUnavailableException(table.Name, $"{peer} does not answer, so that it cannot be paused there: {exception.Message}");
        }
    }

    private async Task TryTellAsync(TableHost table, ReplicaId peer)
    {
        try
        {
            await TellAsync(table, peer, CancellationToken.None);
        }
        catch (TableUnavailableException exception)
        {
            LogNotTold(_logger, exception.Message);
        }
    }

    [LoggerMessage(CetsEventId.TablePaused, LogLevel.Information, "Table {Table}: paused by {Who}; writers wait")]
    private static partial void LogPaused(ILogger logger, string table, string who);

    [LoggerMessage(CetsEventId.TableResumed, LogLevel.Information, "Table {Table}: the pause by {Who} is lifted")]
    private static partial void LogLifted(ILogger logger, string table, string who);

    [LoggerMessage(CetsEventId.PauseNotTold, LogLevel.Warning, "{Reason}")]
    private static partial void LogNotTold(ILogger logger, string reason);

    private sealed class Handle(PauseKeeper keeper, TableHost table, TablePause pause) : ITablePause
    {
        public TablePause Pause => pause;

        public ValueTask DisposeAsync() => new(keeper.LiftAsync(table, pause));
    }
}
