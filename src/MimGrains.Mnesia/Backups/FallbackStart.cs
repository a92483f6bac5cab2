using Microsoft.Extensions.Logging;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

// silo active -> tables loaded -> the fallback, if one waits, is brought back -> its file goes
/// <summary>Brings the fallback back that waits for this start.</summary>
internal sealed partial class FallbackStart(
    PersistentBackups backups, IPersistentTables tables, ILogger<FallbackStart> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly ILogger _logger = logger;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(FallbackStart), ServiceLifecycleStage.Last, StartAsync);

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!backups.HasFallback)
        {
            return;
        }

        await tables.WaitForTablesAsync(cancellationToken: cancellationToken);
        if (await backups.ApplyFallbackAsync(cancellationToken) is { } info)
        {
            LogApplied(_logger, info.CreatedAt, info.Tables.Count, info.Records);
        }
    }

    [LoggerMessage(BackupEventId.FallbackApplied, LogLevel.Information,
        "The fallback of {CreatedAt} was brought back: {Tables} tables, {Records} records")]
    private static partial void LogApplied(ILogger logger, DateTimeOffset createdAt, int tables, long records);
}
