using Microsoft.Extensions.Logging;

namespace MimGrains.Cets.Replicas;

internal sealed partial class ReplicaService
{
    [LoggerMessage(CetsEventId.Hello, LogLevel.Information,
        "Table {Table}: {From} joins; it gets all writes of this silo after {Sequence}")]
    private static partial void LogHello(ILogger logger, string table, string from, long sequence);

    [LoggerMessage(CetsEventId.OtherDefinition, LogLevel.Error,
        "Table {Table}: refused {From}, which defines it as {Theirs}; here it is {Ours}")]
    private static partial void LogOtherDefinition(ILogger logger, string table, string from, string theirs, string ours);

    [LoggerMessage(CetsEventId.DumpBegun, LogLevel.Information, "Table {Table}: giving a dump of {Records} records to {To}")]
    private static partial void LogDumpBegun(ILogger logger, string table, string to, long records);
}
