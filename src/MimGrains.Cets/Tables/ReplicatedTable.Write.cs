using System.Buffers;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    // An oversized key must not make an oversized message.
    private const int KeyShownMost = 64;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _writeBuffer;

    public Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        return MustWait ? AfterWaiting(key, record, cancellationToken) : WriteOne(key, record, cancellationToken);
    }

    public Task DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return MustWait ? AfterWaiting(key, null, cancellationToken) : WriteOne(key, null, cancellationToken);
    }

    public async Task InsertManyAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default)
    {
        CheckEntries(entries);
        await WriteManyAsync(entries, entry => entry.Key, entry => entry.Record, cancellationToken);
    }

    public async Task DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Any(key => key is null))
        {
            throw new ArgumentException($"Table {Name}: one of the {keys.Count} keys is null.", nameof(keys));
        }

        await WriteManyAsync(keys, key => key, _ => null, cancellationToken);
    }

    private void CheckEntries(IReadOnlyCollection<TableEntry<TKey, TRecord>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var at = 0;
        foreach (var entry in entries)
        {
            if (entry.Key is null || entry.Record is null)
            {
                throw new ArgumentException($"Table {Name}: entry {at} of {entries.Count} has no key or no record.", nameof(entries));
            }

            at++;
        }
    }

    private bool MustWait => !_replica.IsReady || IsPaused || ClosedReason is not null || _replica.LogSizeBytes > Options.LogMaxBytes;

    private Task WriteOne(TKey key, TRecord? record, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var body = _writeBuffer ??= new ArrayBufferWriter<byte>(1_024);
        body.ResetWrittenCount();
        Encode(key, record, body);
        CommitGroup? group;
        lock (Gate)
        {
            if (IsPaused)
            {
                return AfterWaiting(key, record, cancellationToken);
            }

            group = Write_NeedsGate(key, record, body.WrittenSpan);
        }

        return Done(group, cancellationToken);
    }

    private async Task WriteManyAsync<TItem>(
        IReadOnlyCollection<TItem> items, Func<TItem, TKey> keyOf, Func<TItem, TRecord?> recordOf, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
        {
            return;
        }

        // Encoded and checked before the first one is applied: a record that cannot be written leaves nothing half done.
        var body = new ArrayBufferWriter<byte>(items.Count * 64);
        var ends = new List<int>(items.Count);
        foreach (var item in items)
        {
            Encode(keyOf(item), recordOf(item), body);
            ends.Add(body.WrittenCount);
        }

        CommitGroup? group;
        do
        {
            await WaitUntilWritable(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
        while (!TryApplyMany(items, keyOf, recordOf, body.WrittenMemory, ends, out group));
        await Done(group, cancellationToken);
    }

    // Nothing is done, and the answer is false, when the table was paused meanwhile; what has begun is done to its end.
    private bool TryApplyMany<TItem>(
        IReadOnlyCollection<TItem> items,
        Func<TItem, TKey> keyOf,
        Func<TItem, TRecord?> recordOf,
        ReadOnlyMemory<byte> body,
        List<int> ends,
        out CommitGroup? group)
    {
        group = null;
        var next = 0;
        foreach (var turn in items.Chunk(RecordsPerTurn))
        {
            lock (Gate)
            {
                if (IsPaused && next == 0)
                {
                    return false;
                }

                foreach (var item in turn)
                {
                    var start = next == 0 ? 0 : ends[next - 1];
                    group = Write_NeedsGate(keyOf(item), recordOf(item), body.Span[start..ends[next]]);
                    next++;
                }
            }
        }

        return true;
    }

    // Null when there is nobody to wait for.
    private CommitGroup? Write_NeedsGate(TKey key, TRecord? record, ReadOnlySpan<byte> body)
    {
        var sequence = record is null
            ? _replica.Delete(key, body, NowMicros())
            : _replica.InsertUnchecked(key, record, body, NowMicros());
        return EnlistWrite(sequence);
    }

    private Task Done(CommitGroup? group, CancellationToken cancellationToken)
    {
        _carrier.Signal();
        return group is null ? Task.CompletedTask
            : cancellationToken.CanBeCanceled ? group.Task.WaitAsync(cancellationToken) : group.Task;
    }

    private async Task AfterWaiting(TKey key, TRecord? record, CancellationToken cancellationToken)
    {
        await WaitUntilWritable(cancellationToken);
        await WriteOne(key, record, cancellationToken);
    }

    private async Task WaitUntilWritable(CancellationToken cancellationToken)
    {
        if (ClosedReason is { } reason)
        {
            throw new TableUnavailableException(Name, reason);
        }

        if (!_replica.IsReady)
        {
            try
            {
                await Ready.WaitAsync(Options.WriteTimeout, Time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new TableUnavailableException(
                    Name, $"this silo has not joined it within {Options.WriteTimeout.TotalMilliseconds:0} ms");
            }
        }

        await WaitUntilResumed(cancellationToken);
        while (_replica.LogSizeBytes > Options.LogMaxBytes)
        {
            // Ends with the error of the writes that fill the log, if they are not acknowledged in time.
            await OldestWrite().WaitAsync(cancellationToken);
        }
    }

    private Task OldestWrite()
    {
        lock (Gate)
        {
            return Commits.Oldest?.Task ?? throw new TableUnavailableException(
                Name,
                $"{_replica.LogSizeBytes} bytes of writes are kept for silos that do not answer " +
                $"({string.Join(", ", _replica.MissingAcks(_replica.LastSequence))}), more than the {Options.LogMaxBytes} allowed");
        }
    }

    /// <exception cref="ArgumentException">The record cannot be written, whoever applies it.</exception>
    private void Encode(TKey key, TRecord? record, ArrayBufferWriter<byte> body)
    {
        var start = body.WrittenCount;
        try
        {
            _codec.Encode(key, record, body);
        }
        catch (Exception exception)
        {
            throw new ArgumentException(
                $"Table {Name}: key {Shown(key)} and its record cannot be written as bytes: {exception.Message}", exception);
        }

        if (body.WrittenCount - start > Options.RecordMaxBytes)
        {
            throw new ArgumentException(
                $"Table {Name}: key {Shown(key)} and its record have {body.WrittenCount - start} bytes, " +
                $"more than the {Options.RecordMaxBytes} allowed.");
        }

        if (record is not null)
        {
            Check(key, record);
        }
    }

    private void Check(TKey key, TRecord record)
    {
        try
        {
            _replica.Check(key, record);
        }
        catch (Exception exception)
        {
            throw new ArgumentException(
                $"Table {Name}: a function of its definition fails for key {Shown(key)}: {exception.Message}", exception);
        }
    }

    private static string Shown(TKey key)
    {
        var name = $"{key}";
        return name.Length > KeyShownMost ? $"{name[..KeyShownMost]}..." : name;
    }
}
