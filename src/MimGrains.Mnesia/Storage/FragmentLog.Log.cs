using Microsoft.Extensions.Logging;

namespace MimGrains.Mnesia.Storage;

internal sealed partial class FragmentLog
{
    [LoggerMessage(StorageEventId.Merged, LogLevel.Debug,
        "Fragment {Fragment}: {Runs} runs merged into one of {Entries} entries, {SizeBytes} bytes")]
    private static partial void LogMerged(ILogger logger, FragmentName fragment, int runs, long entries, long sizeBytes);

    [LoggerMessage(StorageEventId.BackgroundFailed, LogLevel.Warning,
        "Fragment {Fragment}: merging and removing pages is put off: {Reason}")]
    private static partial void LogBackgroundFailed(ILogger logger, FragmentName fragment, string reason);
}
