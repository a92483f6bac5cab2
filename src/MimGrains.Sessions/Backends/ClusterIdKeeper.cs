using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>The id of the cluster, in the memory of every silo.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.cluster-id")]
internal sealed record ClusterIdRecord([property: Id(0)] string Id);

// table ready -> what do the silos know, what has the database?
//   equal -> done; only one of them -> the other gets it; none -> made: first in the database, which decides, then in the table
//   the database is away: what the silos know counts, and is written later; if they know nothing, it is waited for
internal sealed partial class ClusterIdKeeper(
    [FromKeyedServices(ClusterIdKeeper.Name)] IBackendStore<string, ClusterIdRecord> table,
    IServiceProvider services,
    TimeProvider time,
    ILogger<ClusterIdKeeper> logger) : IClusterId, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    public const string Name = "cluster_id";
    public const string EphemeralPrefix = "ephemeral-";

    private const string Key = "id";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly IClusterIdStore? _store = services.GetService<IClusterIdStore>();
    private readonly TaskCompletionSource<string> _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger = logger;
    private Task _running = Task.CompletedTask;

    public static BackendTable<string, ClusterIdRecord> Table { get; } = new(Name);

    public Task<string> GetAsync(CancellationToken cancellationToken = default) => _known.Task.WaitAsync(cancellationToken);

    // After the tables, which join at Active + 100.
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(ClusterIdKeeper),
        ServiceLifecycleStage.Active + 150,
        _ =>
        {
            _running = Task.Run(RunAsync, CancellationToken.None);
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _stopping.CancelAsync();
            await _running;
        });

    public void Dispose() => _stopping.Dispose();

    internal async Task RunAsync()
    {
        try
        {
            while (!await TrySettleAsync(_stopping.Token).ConfigureAwait(false))
            {
                await Task.Delay(RetryAfter, time, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _known.TrySetCanceled();
        }
        catch (ClusterIdConflictException conflict)
        {
            LogConflict(_logger, conflict.Message);
            _known.TrySetException(conflict);
        }
    }

    private async Task<bool> TrySettleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await table.WaitForReadyAsync(cancellationToken).ConfigureAwait(false);
            var known = table.TryGet(Key, out var record) ? record.Id : null;
            if (_store is null)
            {
                _known.TrySetResult(known ?? await SpreadAsync($"{EphemeralPrefix}{Guid.NewGuid()}").ConfigureAwait(false));
                return true;
            }

            string stored;
            try
            {
                stored = await _store.ReadAsync(cancellationToken).ConfigureAwait(false)
                    ?? await _store.AddAsync(known ?? Guid.NewGuid().ToString(), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (known is not null)
            {
                _known.TrySetResult(known); // The database gets it, or contradicts, when it is back: see the caller.
                throw;
            }

            var spread = known ?? await SpreadAsync(stored).ConfigureAwait(false);
            if (spread != stored)
            {
                throw new ClusterIdConflictException(spread, stored);
            }

            _known.TrySetResult(spread);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException and not ClusterIdConflictException)
        {
            LogNotYet(_logger, error.GetBaseException().Message, RetryAfter.TotalSeconds);
            return false;
        }

        async Task<string> SpreadAsync(string id) =>
            (await table.InsertNewOrLookupAsync(Key, new ClusterIdRecord(id), cancellationToken).ConfigureAwait(false)).Record.Id;
    }

    [LoggerMessage(SessionEventId.ClusterIdConflict, LogLevel.Error, "{Problem}")]
    private static partial void LogConflict(ILogger logger, string problem);

    [LoggerMessage(SessionEventId.ClusterIdRetried, LogLevel.Warning,
        "The id of the cluster cannot be read or written now: {Problem}; tried again in {Seconds} s")]
    private static partial void LogNotYet(ILogger logger, string problem, double seconds);
}
