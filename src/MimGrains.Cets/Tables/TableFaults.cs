using System.Numerics;
using Microsoft.Extensions.Logging;

namespace MimGrains.Cets.Tables;

/// <summary>
/// Tells of functions of a table's definition that do what they must not. Each doubling of their number is logged, so that a
/// function that always fails does not fill the log. Thread-safe.
/// </summary>
internal sealed partial class TableFaults(string table, ILogger logger)
{
    private long _count;
    private volatile string? _last;

    public long Count => Volatile.Read(ref _count);

    public string? Last => _last;

    public void Report(string fault)
    {
        _last = fault;
        var count = Interlocked.Increment(ref _count);
        if (BitOperations.IsPow2(count))
        {
            LogFault(logger, table, fault, count);
        }
    }

    [LoggerMessage(CetsEventId.DefinitionFault, LogLevel.Error, "Table {Table}: {Fault} ({Count} faults so far)")]
    private static partial void LogFault(ILogger logger, string table, string fault, long count);
}
