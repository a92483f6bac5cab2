using Microsoft.Extensions.Logging;
using MimGrains.Core.Replication;

namespace MimGrains.Cets.Membership;

internal sealed partial class TableJoiner
{
    [LoggerMessage(CetsEventId.JoinBegun, LogLevel.Information, "Table {Table}: joining")]
    private static partial void LogJoinBegun(ILogger logger, string table);

    [LoggerMessage(CetsEventId.JoinWaits, LogLevel.Information,
        "Table {Table}: still joining; next step {Step}, no answer yet of [{Awaited}]")]
    private static partial void LogJoinWaits(ILogger logger, string table, string awaited, JoinStep step);

    [LoggerMessage(CetsEventId.JoinRetried, LogLevel.Warning, "Table {Table}: joining, will ask {Silo} again: {Reason}")]
    private static partial void LogJoinRetried(ILogger logger, string table, string silo, string reason);

    [LoggerMessage(CetsEventId.DumpProgress, LogLevel.Information,
        "Table {Table}: {Merged} of {Total} records merged from {Source}")]
    private static partial void LogDumpProgress(ILogger logger, string table, long merged, long total, string source);

    [LoggerMessage(CetsEventId.Joined, LogLevel.Information, "Table {Table}: ready with {Records} records after {ElapsedMs} ms")]
    private static partial void LogJoined(ILogger logger, string table, long records, long elapsedMs);
}
