using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.ChangeStreams;

// the oldest silo of a table: take a term -> mark the beginning -> changes, changes... -> a failed delivery, or a new subscriber:
// mark it -> changes...
/// <summary>
/// Publishes the changes of the tables that want it, on the oldest silo that holds each: a silo that joins takes over nothing.
/// </summary>
internal sealed partial class ChangePublisher(
    TableCatalog catalog,
    ChangeFeed feed,
    PublisherTerms terms,
    ILocalSiloDetails self,
    IOptions<ReplicationOptions> options,
    TimeProvider time,
    ILogger<ChangePublisher> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // The stream agents have started, and tables may join.
    private const int Stage = ServiceLifecycleStage.Active + 50;

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<TableHost, Run> _runs = [];
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(ChangePublisher), Stage, StartAsync, StopAsync);

    public void Dispose() => _stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        feed.OnGap = table => catalog.Find(table)?.MarkPublished();
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    // Every heartbeat: a run that ended for whatever reason begins anew, if it still is this silo's.
    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.Value.HeartbeatPeriod, time);
        try
        {
            do
            {
                Look();
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }

        await Task.WhenAll(_runs.Values.Select(run => run.Task));
    }

    private void Look()
    {
        var hosts = catalog.Hosts;
        foreach (var (table, run) in _runs.ToList())
        {
            if (run.Task.IsCompleted)
            {
                _runs.Remove(table);
                run.Dispose();
            }
            else if (!hosts.Contains(table) || !IsMine(table) || !terms.IsLast(table.Name, run.Term))
            {
                // With a later term elsewhere nobody hears this one any more. If the table is still this silo's, it begins anew.
                run.Cancel();
            }
        }

        foreach (var table in hosts.Where(table => table.PublishesChanges && !_runs.ContainsKey(table) && IsMine(table)))
        {
            _runs[table] = new Run((run, token) => PublishAsync(table, run, token), _stopping.Token);
        }
    }

    private bool IsMine(TableHost table)
    {
        var mine = Age(self.SiloAddress);
        return table.ClosedReason is null && table.Locked(replica => replica.IsReady && replica.Peers.All(
            peer => Age(SiloAddress.FromParsableString(peer.Value)).CompareTo(mine) > 0));
    }

    private static (int Generation, string Name) Age(SiloAddress silo) => (silo.Generation, silo.ToParsableString());

    private async Task PublishAsync(TableHost table, Run run, CancellationToken cancellationToken)
    {
        try
        {
            run.Term = await terms.TakeAsync(table.Name, cancellationToken);
            var publication = new Publication(ChangeFeed.StreamOf(table.Name), run.Term, terms);
            await table.PublishChangesAsync(publication, feed.Writer, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Its end was asked for.
        }
        catch (SnapshotRequiredException exception)
        {
            LogOvertaken(_logger, table.Name, exception.Message);
        }
        catch (LeaderUnansweredException exception)
        {
            LogNoTerm(_logger, table.Name, exception.Message);
        }
        catch (TableUnavailableException exception)
        {
            LogEnded(_logger, table.Name, exception.Message);
        }
        catch (Exception exception)
        {
            LogFailed(_logger, exception, table.Name);
        }
    }

    [LoggerMessage(CetsEventId.ChangesNotPublished, LogLevel.Warning,
        "Table {Table}: subscribers to its changes are too slow; what they missed is marked: {Reason}")]
    private static partial void LogOvertaken(ILogger logger, string table, string reason);

    [LoggerMessage(CetsEventId.PublishingEnded, LogLevel.Information, "Table {Table}: no changes are published any more: {Reason}")]
    private static partial void LogEnded(ILogger logger, string table, string reason);

    [LoggerMessage(CetsEventId.PublisherNotAgreed, LogLevel.Warning,
        "Table {Table}: its changes are not published yet, it is tried again: {Reason}")]
    private static partial void LogNoTerm(ILogger logger, string table, string reason);

    [LoggerMessage(CetsEventId.PublishingFailed, LogLevel.Error, "Table {Table}: publishing its changes failed; it begins anew behind a mark")]
    private static partial void LogFailed(ILogger logger, Exception exception, string table);

    private sealed class Run : IDisposable
    {
        private readonly CancellationTokenSource _ending;

        // Until the term is taken, none is later.
        private long _term = long.MaxValue;

        public Run(Func<Run, CancellationToken, Task> publish, CancellationToken stopping)
        {
            _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            Task = System.Threading.Tasks.Task.Run(() => publish(this, _ending.Token), CancellationToken.None);
        }

        public Task Task { get; }

        public long Term
        {
            get => Volatile.Read(ref _term);
            set => Volatile.Write(ref _term, value);
        }

        public void Cancel() => _ending.Cancel();

        public void Dispose() => _ending.Dispose();
    }
}
