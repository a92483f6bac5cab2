using System.Runtime.CompilerServices;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

// rows from the compacted one on, read ahead, each chained to the one before -> the first slot of an earlier round is the
// end ->
// own mark into it; taken by a late row of an older writer: that one is a row like the others, go on
internal sealed partial class FragmentLog
{
    private async IAsyncEnumerable<LogRow> ReadLogAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_state != State.Opening || _logged.Count > 0)
            {
                throw new InvalidOperationException($"The rows of fragment {_name} can be read once.");
            }
        }

        var ahead = new Queue<Task<StoredRow?>>();
        var parts = new RowParts();
        var asked = _next;
        try
        {
            while (HasRoom(0))
            {
                var last = _manifest.CompactedThrough + _manifest.Slots;
                while (ahead.Count < _options.Window && asked <= last)
                {
                    ahead.Enqueue(ReadSlotAsync(asked++, cancellationToken));
                }

                var row = Take(await ahead.Peek());
                _ = ahead.Dequeue();
                if (row is null && await IsLaterRowThereAsync(ahead))
                {
                    // Either an older writer goes on while this one reads, or the row is lost.
                    row = Take(await ReadSlotAsync(_next, cancellationToken))
                        ?? throw Corrupt($"log row {_next} is missing, and later rows are there");
                }

                if (row is null)
                {
                    if (await MarkAsync(cancellationToken))
                    {
                        break;
                    }

                    row = Take(await ReadSlotAsync(_next, cancellationToken))
                        ?? throw Corrupt($"log row {_next} was there and is gone");
                }

                if (Show(parts, row.Value) is { } content)
                {
                    yield return new LogRow(row.Value.Number, content);
                }
            }
        }
        finally
        {
            await ReadAhead.SettleAsync(ahead);
        }

        OnOpened();
    }

    private ReadOnlyMemory<byte>? Show(RowParts parts, LogRowContent row)
    {
        try
        {
            return parts.Take(row);
        }
        catch (InvalidDataException exception)
        {
            throw Corrupt(exception.Message);
        }
    }

    private Task<StoredRow?> ReadSlotAsync(long number, CancellationToken cancellationToken) =>
        _rows.ReadAsync(_keys.Slot(number, _manifest.Slots), $"log row {number}", cancellationToken);

    // Takes the row with the next number, if the slot has it; it is then behind us.
    private LogRowContent? Take(StoredRow? stored)
    {
        var number = _next;
        if (JudgeSlot(number, stored, out var hash) is not { } row)
        {
            return null;
        }

        if (row.Number != number)
        {
            throw Corrupt($"log row {number} is missing: its slot has row {row.Number}");
        }

        if (row.Writer > _manifest.Writer)
        {
            throw Fenced($"it was opened again, for the {row.Writer}. time");
        }

        if (row.PreviousHash != _lastHash)
        {
            throw Corrupt($"log row {number} does not follow the row before it: one of the two is not what was written");
        }

        OnWritten(row, hash, stored!.Value.Content.Length);
        return row;
    }

    private async Task<bool> IsLaterRowThereAsync(Queue<Task<StoredRow?>> ahead)
    {
        var number = _next;
        foreach (var read in ahead)
        {
            if (JudgeSlot(++number, await read, out _) is not null)
            {
                return true;
            }
        }

        return false;
    }

    // False if an older writer was faster.
    private async Task<bool> MarkAsync(CancellationToken cancellationToken)
    {
        try
        {
            var mark = new LogRowContent(_next, _manifest.Writer, _lastHash, LogRowPart.Mark, default);
            return await WriteRowAsync(mark, cancellationToken);
        }
        catch (LogUnknownException exception)
        {
            // The next opener finds it or not: it says nothing.
            throw new LogUnavailableException(exception.Message, exception);
        }
    }

    /// <summary>Returns the row in the slot of a number; null if that is free for the number.</summary>
    /// <exception cref="FragmentCorruptException">The slot is damaged.</exception>
    private LogRowContent? JudgeSlot(long number, StoredRow? stored, out ulong hash)
    {
        hash = 0;
        var before = RowKeys.VersionBefore(number, _manifest.Slots);
        if (stored is not { } there)
        {
            return before == 0
                ? null
                : throw Corrupt($"log row {number - _manifest.Slots}, the slot of row {number}, is missing");
        }

        LogRowContent row;
        try
        {
            row = LogRowFormat.Decode(_keys.Slot(number, _manifest.Slots), there.Content, out hash);
        }
        catch (InvalidDataException exception)
        {
            throw Corrupt($"the slot of log row {number} is damaged: {exception.Message}");
        }

        if (row.Number == number - _manifest.Slots)
        {
            return null;
        }

        return row.Number >= number && (row.Number - number) % _manifest.Slots == 0
            ? row
            : throw Corrupt($"the slot of log row {number} has row {row.Number}");
    }

    private void OnOpened()
    {
        lock (_lock)
        {
            if (_state == State.Opening)
            {
                _state = State.Open;
            }
        }

        StartBackground();
    }
}
