using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

// append: room in the ring -> write by the slot's version.  not answered: look into the slot first; conflict: look who was it
internal sealed partial class FragmentLog
{
    // The rows behind the last compaction, for their checksums and sizes.
    private readonly Queue<LoggedRow> _logged = new();
    private long _loggedBytes;
    private ulong _lastHash;
    private Task? _compacting;
    private int _isAppending;

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

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequireOpen();
        if (content.Length > _options.MaxRowBytes)
        {
            throw new ArgumentException(
                $"A row of {content.Length} bytes for fragment {_name} is larger than MaxRowBytes = {_options.MaxRowBytes}.",
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

            await WaitForRoomAsync(cancellationToken);
            var row = new LogRowContent(number, _manifest.Writer, _lastHash, IsMark: false, content);
            if (!await WriteRowAsync(row, cancellationToken))
            {
                throw Fenced($"another writer has taken row {number}");
            }
        }
        finally
        {
            Volatile.Write(ref _isAppending, 0);
        }
    }

    private bool HasRoom(int reserved) => NextNumber - _manifest.CompactedThrough <= _manifest.Slots - reserved;

    private async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task compacting;
            lock (_lock)
            {
                if (HasRoom(ReservedSlots))
                {
                    return;
                }

                compacting = _compacting ?? throw new LogFullException(
                    $"Fragment {_name}: its log has {_logged.Count} rows since the last compaction, and no room for more.");
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
            NextNumber = row.Number + 1;
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
