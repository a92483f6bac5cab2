using Microsoft.Extensions.Logging;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;

namespace MimGrains.Mnesia.Fragments;

internal sealed partial class FragmentHost
{
    // So much of transactions that wait for their decision is carried on beside the pages.
    private const int PreparedBytesMost = 1_024 * 1_024;

    // Rows of the log have numbers of their own: some of the storage's are not shown.
    private long _storedThrough;
    private Task _compaction = Task.CompletedTask;

    /// <summary>Reads what is stored, and begins to answer.</summary>
    /// <param name="hasRecords">As for <see cref="IFragmentStore.LoadAsync"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FragmentCorruptException">What is stored is damaged.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    /// <exception cref="FragmentGoneException">Another activation has taken over.</exception>
    public async Task OpenAsync(bool hasRecords, CancellationToken cancellationToken)
    {
        var image = await log.OpenAsync(cancellationToken);
        (var writes, _storedThrough) = await FragmentReplay.ReadAsync(_engine, image, cancellationToken);
        await store.LoadAsync(image, writes, hasRecords, cancellationToken);
        if (log.NeedsCompaction)
        {
            // Silos that died before they could: the row of this opening might find no room.
            var state = LogRowCodec.Encode(id, _engine.LastNumber, _engine.CarriedEntries());
            store.BeginCompaction();
            await FoldAsync(Task.CompletedTask, _storedThrough, state);
        }

        lock (_gate)
        {
            _engine.Open();
            Drain_NeedsGate();
        }

        await _opened.Task.WaitAsync(cancellationToken);
        LogOpened(_logger, id, owner.Epoch, writes.Count);
    }

    // Folds the log into pages, or, in memory, into what is carried on, if there is enough of it. One at a time.
    private Task CompactAsync(bool isFull = false)
    {
        lock (_gate)
        {
            if (_isDropping)
            {
                return Task.CompletedTask;
            }

            if (!_compaction.IsCompleted || !_engine.IsServing || !log.WantsCompaction)
            {
                return _compaction;
            }

            // What is prepared would be written once more, and is decided soon.
            if (_engine.PreparedBytes > PreparedBytesMost && !log.NeedsCompaction && !isFull)
            {
                return Task.CompletedTask;
            }

            var state = LogRowCodec.Encode(id, _engine.LastNumber, _engine.CarriedEntries());
            store.BeginCompaction();
            return _compaction = CompactAsync(_storedThrough, state, _lastApplied);
        }
    }

    private async Task CompactAsync(long stored, byte[] state, Task applied)
    {
        await Task.Yield();
        try
        {
            await FoldAsync(applied, stored, state);
        }
        catch (Exception exception)
        {
            // Tried again behind the next row.
            LogNotCompacted(_logger, id, exception.Message);
        }
    }

    private async Task FoldAsync(Task applied, long stored, byte[] state)
    {
        var isDone = false;
        try
        {
            // Without pages, the copies of all live silos are what remains.
            await applied;
            var changes = await store.ChangesAsync(CancellationToken.None);
            await (store.ReplacesPages
                ? log.ReplaceAsync(stored, Ascending(changes), state, CancellationToken.None)
                : log.CompactAsync(stored, changes, state, CancellationToken.None));
            isDone = true;
        }
        finally
        {
            store.EndCompaction(isDone);
        }
    }

    private static async IAsyncEnumerable<StoredEntry> Ascending(IReadOnlyCollection<StoredEntry> entries)
    {
        await Task.CompletedTask;
        foreach (var entry in entries.Where(entry => entry.Record is not null).OrderBy(entry => new RecordKey(entry.Key)))
        {
            yield return entry;
        }
    }

    private async Task AppendAsync(AppendEffect append)
    {
        Action<FragmentEngine> ended;
        try
        {
            var number = log.NextNumber;
            var row = LogRowCodec.Encode(id, append.Number, append.Entries);
            try
            {
                await log.AppendAsync(number, row, CancellationToken.None);
            }
            catch (LogFullException)
            {
                // It has got full faster than a compaction could begin.
                await CompactAsync(isFull: true);
                await log.AppendAsync(number, row, CancellationToken.None);
            }

            ended = engine =>
            {
                _storedThrough = log.NextNumber - 1;
                engine.OnAppended(append.Number);
            };
        }
        catch (Exception exception) when (exception is LogUnavailableException or LogFullException or ArgumentException)
        {
            LogNotAppended(_logger, id, append.Entries.Count, exception.Message);
            ended = engine => engine.OnAppendFailed(append.Number, exception.Message);
        }
        catch (Exception exception)
        {
            // Fenced, unknown, or something that nobody has thought of: the next activation looks.
            LogNotAppended(_logger, id, append.Entries.Count, exception.Message);
            ended = engine => engine.OnAppendUnknown(append.Number, exception.Message);
        }

        lock (_gate)
        {
            if (!_engine.IsStopped)
            {
                ended(_engine);
                Drain_NeedsGate();
            }
        }

        _ = CompactAsync();
    }

    [LoggerMessage(FragmentEventId.Opened, LogLevel.Information,
        "Fragment {Fragment}: opened with epoch {Epoch}, {Writes} writes replayed")]
    private static partial void LogOpened(ILogger logger, FragmentId fragment, long epoch, int writes);

    [LoggerMessage(FragmentEventId.Stopped, LogLevel.Information, "Fragment {Fragment}: epoch {Epoch} has ended: {Reason}")]
    private static partial void LogStopped(ILogger logger, FragmentId fragment, long epoch, string reason);

    [LoggerMessage(FragmentEventId.NotAppended, LogLevel.Warning,
        "Fragment {Fragment}: a row of {Entries} entries was not appended: {Reason}")]
    private static partial void LogNotAppended(ILogger logger, FragmentId fragment, int entries, string reason);

    [LoggerMessage(FragmentEventId.NotCompacted, LogLevel.Warning, "Fragment {Fragment}: not compacted, tried again: {Reason}")]
    private static partial void LogNotCompacted(ILogger logger, FragmentId fragment, string reason);

    [LoggerMessage(FragmentEventId.NotApplied, LogLevel.Error, "Fragment {Fragment}: writes could not be applied")]
    private static partial void LogNotApplied(ILogger logger, FragmentId fragment, Exception reason);
}
