using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

// append: room in the ring -> write by the slot's version.  not answered: look into the slot first; conflict: look who was it
// What is larger than a row goes into several, one after another; it counts with the last one.
internal sealed partial class FragmentLog
{
    // The rows behind the last compaction, for their checksums and sizes.
    private readonly Queue<LoggedRow> _logged = new();
    private long _loggedBytes;
    private ulong _lastHash;
    private Task? _compacting;
    private int _isAppending;

    // What was appended in parts, and ended with a part that is written or not.
    private (long Number, int Done)? _inParts;

    // The checksum of a row that may be written or not.
    private ulong? _unknownHash;

    public bool WantsCompaction
    {
        get
        {
            lock (_lock)
            {
                return _logged.Count >= _manifest.Slots / 2 || _loggedBytes >= _options.LogBytesBeforeCompaction;
            }
        }
    }

    public bool NeedsCompaction
    {
        get
        {
            lock (_lock)
            {
                // And before the rest is only for the marks of openings, however few rows there are.
                return _logged.Count >= Math.Min(_manifest.Slots / 4 * 3, (_manifest.Slots - ReservedSlots) / 2);
            }
        }
    }

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequireOpen();
        var parts = Math.Max(1, (content.Length + _options.MaxRowBytes - 1) / _options.MaxRowBytes);
        if (parts > _manifest.Slots / 2)
        {
            throw new ArgumentException(
                $"{content.Length} bytes for fragment {_name} are more than half of its log, {_manifest.Slots} rows of " +
                $"MaxRowBytes = {_options.MaxRowBytes}.",
                nameof(content));
        }

        if (Interlocked.Exchange(ref _isAppending, 1) != 0)
        {
            throw new InvalidOperationException($"Fragment {_name}: the append before {number} has not returned yet.");
        }

        try
        {
            if (number != NextNumber)
            {
                throw new InvalidOperationException($"Fragment {_name}: the next row is {NextNumber}, not {number}.");
            }

            if (_inParts is null)
            {
                await WaitForRoomAsync(parts, cancellationToken);
            }

            await WritePartsAsync(content, parts, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _isAppending, 0);
        }
    }

    // Ended by a part of which nobody knows, it is gone on with by the same append.
    private async Task WritePartsAsync(ReadOnlyMemory<byte> content, int parts, CancellationToken cancellationToken)
    {
        var (number, done) = _inParts ?? (_next, 0);
        _inParts = null;
        for (; done < parts; done++)
        {
            var part = parts == 1 ? LogRowPart.Whole
                : done == 0 ? LogRowPart.First
                : done == parts - 1 ? LogRowPart.Last : LogRowPart.Middle;
            var start = done * _options.MaxRowBytes;
            var bytes = content.Slice(start, Math.Min(_options.MaxRowBytes, content.Length - start));
            try
            {
                if (!await WriteRowAsync(new LogRowContent(_next, _manifest.Writer, _lastHash, part, bytes), cancellationToken))
                {
                    throw Fenced($"another writer has taken row {_next}");
                }
            }
            catch (Exception) when (_unknownHash is not null)
            {
                _inParts = (number, done);
                throw;
            }
        }
    }

    private bool HasRoom(int reserved) => _next - _manifest.CompactedThrough <= _manifest.Slots - reserved;

    private async Task WaitForRoomAsync(int rows, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task compacting;
            lock (_lock)
            {
                if (HasRoom(ReservedSlots + rows - 1))
                {
                    return;
                }

                compacting = _compacting ?? throw new LogFullException(
                    $"Fragment {_name}: its log has {_logged.Count} rows since the last compaction, and no room for {rows} more.");
            }

            await compacting.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Writes a row at the end of the log; false if there is one of another writer.</summary>
    /// <exception cref="LogUnavailableException">Surely not written.</exception>
    /// <exception cref="LogUnknownException">Perhaps written.</exception>
    private async Task<bool> WriteRowAsync(LogRowContent row, CancellationToken cancellationToken)
    {
        var key = _keys.Slot(row.Number, _manifest.Slots);
        var bytes = LogRowFormat.Encode(key, row, out var hash);
        if (_unknownHash is { } unknown && unknown != hash)
        {
            throw new InvalidOperationException(
                $"Fragment {_name}: it is not known whether row {row.Number} is written; only the same row can be appended now.");
        }

        var started = _rows.Now();
        for (var attempt = 1; ; attempt++)
        {
            RowStoreException failure;
            try
            {
                if (_unknownHash is not null && await LookAsync(row.Number, hash, cancellationToken) is { } isOwn)
                {
                    return isOwn && OnWritten(row, hash, bytes.Length);
                }

                var before = _unknownHash;
                _unknownHash = hash;
                try
                {
                    await _rows.WriteOnceAsync(key, bytes, RowKeys.VersionBefore(row.Number, _manifest.Slots), cancellationToken);
                    return OnWritten(row, hash, bytes.Length);
                }
                catch (RowStoreException exception) when (exception.IsSurelyNotDone)
                {
                    _unknownHash = before;
                    throw;
                }
                catch (RowConflictException)
                {
                    return await LookAsync(row.Number, hash, cancellationToken) is { } isOwnRow
                        ? isOwnRow && OnWritten(row, hash, bytes.Length)
                        : throw Corrupt($"the slot of log row {row.Number} was written another number of times than it should");
                }
            }
            catch (RowStoreException exception)
            {
                failure = exception;
            }

            if (!failure.MayPass || !await _rows.PauseAsync(started, attempt, cancellationToken))
            {
                throw _unknownHash is null
                    ? new LogUnavailableException(
                        $"Fragment {_name}: cannot write log row {row.Number}: {failure.Message}", failure)
                    : new LogUnknownException(
                        $"Fragment {_name}: it is not known whether log row {row.Number} is written: {failure.Message}", failure);
            }
        }
    }

    private bool OnWritten(LogRowContent row, ulong hash, int sizeBytes)
    {
        lock (_lock)
        {
            _logged.Enqueue(new LoggedRow(row.Number, hash, sizeBytes));
            _loggedBytes += sizeBytes;
            _lastHash = hash;
            _unknownHash = null;
            _next = row.Number + 1;
        }

        return true;
    }

    // Null: nothing of this number there. Else whether it is the row with the checksum.
    private async Task<bool?> LookAsync(long number, ulong hash, CancellationToken cancellationToken)
    {
        var key = _keys.Slot(number, _manifest.Slots);
        var stored = await _rows.ReadOnceAsync(key, cancellationToken);
        if (JudgeSlot(number, stored, out var there) is not { } row)
        {
            return null;
        }

        return row.Number == number && there == hash;
    }

    private readonly record struct LoggedRow(long Number, ulong Hash, int SizeBytes);
}
