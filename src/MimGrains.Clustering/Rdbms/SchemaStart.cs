using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Brings the schema before anything of a silo needs it, and waits for a database that is away.</summary>
internal sealed partial class SchemaStart(
    RdbmsDatabase database, SchemaInstaller schema, TimeProvider time, ILogger<SchemaStart> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly ILogger _logger = logger;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(SchemaStart), ServiceLifecycleStage.RuntimeGrainServices, StartAsync);

    private Task StartAsync(CancellationToken cancellationToken) =>
        RdbmsRetry.UntilThere(
                time, (reason, pause) => LogAway(_logger, database.Display, reason, (long)pause.TotalMilliseconds))
            .ExecuteAsync(
                async token => await RdbmsRetry.PermanentErrorsAsync(database, () => schema.ApplyAsync(token)),
                cancellationToken)
            .AsTask();

    [LoggerMessage(ClusteringEventId.StorageAway, LogLevel.Warning,
        "Storage waits for {Database}: {Reason}; next try in {DelayMs} ms")]
    private static partial void LogAway(ILogger logger, string database, string reason, long delayMs);
}
