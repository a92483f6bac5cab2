using System.Globalization;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Transactions;

// every slice locked -> this silo's copy has what they had then -> read from it, with what the transaction has written itself.
// On disc only: every slice locked -> all pages read -> still locked
internal sealed partial class TransactionContext
{
    // Before the continuation of a page that is counted, since the transaction has written to the table.
    private const char CountedPage = '#';

    public async ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> IndexReadAsync<TKey, TRecord, TIndex>(
        PersistentTableDefinition<TKey, TRecord> table, TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull
    {
        ArgumentNullException.ThrowIfNull(index);
        var parts = services.Get(table);
        await services.KnowStorageAsync(parts, cancellationToken);
        var copy = services.CopyOf(parts);
        await CatchUpAsync(parts, copy);
        var found = copy.Lookup(index, value);
        var written = Written(parts, copy, default);
        if (written.Keys.Count == 0)
        {
            return found;
        }

        var equality = index.Equality ?? EqualityComparer<TIndex>.Default;
        return
        [
            .. found.Where(entry => !written.Keys.Contains(new RecordKey(parts.Bytes.ToBytes(entry.Key))))
                .Concat(written.Entries.Where(entry =>
                    index.ValueOf(entry.Key, entry.Record) is { } other && equality.Equals(other, value)))
                .OrderBy(entry => entry.Key, parts.Definition.Order),
        ];
    }

    public async ValueTask<IReadOnlyList<TableEntry<TKey, TRecord>>> SelectAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => [.. (await RangeAsync(table, range)).Where(where ?? (_ => true))];

    public async ValueTask<TablePage<TKey, TRecord>> SelectPageAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table,
        int limit,
        string? continuation = null,
        Func<TableEntry<TKey, TRecord>, bool>? where = null,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var parts = services.Get(table);
        var source = await SourceAsync(parts);
        if (source is TableCopy<TKey, TRecord> copy && _writes.KeysOf(parts.Definition.Name).Count == 0)
        {
            return copy.RangePage(range, limit, continuation, where);
        }

        var skipped = 0;
        if (continuation is not null && (continuation[0] != CountedPage
            || !int.TryParse(continuation.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out skipped)))
        {
            throw new ArgumentException(
                $"Persistent table {parts.Definition.Name}: the transaction has written to it between two pages.", nameof(continuation));
        }

        var page = Merged(parts, source, range).Where(where ?? (_ => true)).Skip(skipped).Take(limit + 1).ToList();
        return new TablePage<TKey, TRecord>(
            [.. page.Take(limit)],
            page.Count > limit ? string.Create(CultureInfo.InvariantCulture, $"{CountedPage}{skipped + limit}") : null);
    }

    public async ValueTask<IReadOnlyList<TKey>> AllKeysAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class
    {
        List<TKey> keys = [];
        var order = services.Get(table).Definition.Order;
        foreach (var entry in await RangeAsync(table, default))
        {
            if (keys.Count == 0 || order.Compare(keys[^1], entry.Key) != 0)
            {
                keys.Add(entry.Key);
            }
        }

        return keys;
    }

    public ValueTask<TableEntry<TKey, TRecord>?> FirstAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => FirstOfAsync(table, default);

    public ValueTask<TableEntry<TKey, TRecord>?> LastAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class => FirstOfAsync(table, default(KeyRange<TKey>).Descending());

    public ValueTask<TableEntry<TKey, TRecord>?> NextAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => FirstOfAsync(table, KeyRange.GreaterThan(key));

    public ValueTask<TableEntry<TKey, TRecord>?> PreviousAsync<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table, TKey key)
        where TKey : notnull
        where TRecord : class => FirstOfAsync(table, KeyRange.LessThan(key).Descending());

    public async ValueTask<TState> FoldAsync<TKey, TRecord, TState>(
        PersistentTableDefinition<TKey, TRecord> table,
        TState seed,
        Func<TState, TableEntry<TKey, TRecord>, TState> next,
        KeyRange<TKey> range = default)
        where TKey : notnull
        where TRecord : class => (await RangeAsync(table, range)).Aggregate(seed, next);

    private async ValueTask<TableEntry<TKey, TRecord>?> FirstOfAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, KeyRange<TKey> range)
        where TKey : notnull
        where TRecord : class
    {
        foreach (var entry in await RangeAsync(table, range))
        {
            return entry;
        }

        return null;
    }

    private async ValueTask<IEnumerable<TableEntry<TKey, TRecord>>> RangeAsync<TKey, TRecord>(
        PersistentTableDefinition<TKey, TRecord> table, KeyRange<TKey> range)
        where TKey : notnull
        where TRecord : class
    {
        var parts = services.Get(table);
        return Merged(parts, await SourceAsync(parts), range);
    }

    private async Task<IRecordSource<TKey, TRecord>> SourceAsync<TKey, TRecord>(TableParts<TKey, TRecord> parts)
        where TKey : notnull
        where TRecord : class
    {
        await services.KnowStorageAsync(parts, cancellationToken);
        if (services.FindCopy(parts) is not { } copy)
        {
            return await ScanAsync(parts);
        }

        await CatchUpAsync(parts, copy);
        return copy;
    }

    // Under the locks it stays the same: read once.
    private async Task<ReadTable<TKey, TRecord>> ScanAsync<TKey, TRecord>(TableParts<TKey, TRecord> parts)
        where TKey : notnull
        where TRecord : class
    {
        ThrowIfOver();
        if (_scanned.GetValueOrDefault(parts.Definition.Name) is ReadTable<TKey, TRecord> known)
        {
            return known;
        }

        var epochs = (await LockSlicesAsync(parts, LockMode.Shared)).Select(reply => reply.Epoch).ToList();
        var read = await FragmentScan.ReadAsync(parts, async (fragment, after) =>
        {
            var reply = await services.Caller.AskAsync(
                fragment, new FragmentRequest { Kind = FragmentRequestKind.Scan, Sender = services.Caller.Self, Locks = [after] })
                .WaitAsync(cancellationToken);
            return reply.Kind == AnswerKind.Granted && reply.Epoch == epochs[fragment.Index]
                ? reply
                : throw new TransactionRestartException($"{fragment} was activated anew while it was read");
        });
        // Pages are read without asking for locks: they were there all the time if they are still there.
        await LockSlicesAsync(parts, LockMode.Shared);
        _scanned[parts.Definition.Name] = read;
        return read;
    }

    private async Task CatchUpAsync<TKey, TRecord>(TableParts<TKey, TRecord> parts, TableCopy<TKey, TRecord> copy)
        where TKey : notnull
        where TRecord : class
    {
        ThrowIfOver();
        if (!_caughtUp.Contains(parts.Definition.Name))
        {
            var replies = await LockSlicesAsync(parts, LockMode.Shared);
            if (services.FindCopy(parts) != copy)
            {
                // While the locks were waited for. All live silos know of a change before any lock is granted behind it.
                throw new TransactionRestartException($"the storage of {parts.Definition.Name} was changed");
            }

            foreach (var reply in replies)
            {
                await copy.ReadAfterAsync(reply.Token, cancellationToken);
            }

            _caughtUp.Add(parts.Definition.Name);
        }
    }

    private async Task<IReadOnlyList<FragmentReply>> LockSlicesAsync(TableParts parts, LockMode mode)
    {
        ThrowIfOver();
        FragmentId[] fragments = [.. TransactionServices.FragmentsOf(parts)];
        // The first one alone: whoever holds nothing may wait for it, if there is nothing else.
        var first = await AcquireAsync(fragments[0], LockWish.OfSlice(mode));
        var rest = await Task.WhenAll(fragments.Skip(1).Select(fragment => AcquireAsync(fragment, LockWish.OfSlice(mode))));
        return [first, .. rest];
    }

    private IEnumerable<TableEntry<TKey, TRecord>> Merged<TKey, TRecord>(
        TableParts<TKey, TRecord> parts, IRecordSource<TKey, TRecord> copy, KeyRange<TKey> range)
        where TKey : notnull
        where TRecord : class
    {
        var (keys, entries) = Written(parts, copy, range);
        if (keys.Count == 0)
        {
            foreach (var entry in copy.Range(range))
            {
                yield return entry;
            }

            yield break;
        }

        var sign = range.IsDescending ? -1 : 1;
        var written = new Queue<TableEntry<TKey, TRecord>>(entries.Order(Comparer<TableEntry<TKey, TRecord>>.Create(
            (left, right) => sign * parts.Definition.Order.Compare(left.Key, right.Key))));
        foreach (var entry in copy.Range(range).Where(entry => !keys.Contains(new RecordKey(parts.Bytes.ToBytes(entry.Key)))))
        {
            while (written.TryPeek(out var own) && sign * parts.Definition.Order.Compare(own.Key, entry.Key) < 0)
            {
                yield return written.Dequeue();
            }

            yield return entry;
        }

        foreach (var entry in written)
        {
            yield return entry;
        }
    }

    // What the keys of a range have that the transaction has written.
    private (IReadOnlySet<RecordKey> Keys, List<TableEntry<TKey, TRecord>> Entries) Written<TKey, TRecord>(
        TableParts<TKey, TRecord> parts, IRecordSource<TKey, TRecord> copy, KeyRange<TKey> range)
        where TKey : notnull
        where TRecord : class
    {
        var keys = _writes.KeysOf(parts.Definition.Name);
        List<TableEntry<TKey, TRecord>> entries = [];
        foreach (var bytes in keys)
        {
            var key = parts.Bytes.ReadKey(bytes.Bytes.Span);
            if (range.IsBelow(key, parts.Definition.Order) || range.IsAbove(key, parts.Definition.Order))
            {
                continue;
            }

            List<byte[]> records = [.. copy.GetAll(key).Select(record => parts.Bytes.RecordBytes(record))];
            Overlay(parts, bytes, records);
            entries.AddRange(records.Select(record => new TableEntry<TKey, TRecord>(key, parts.Bytes.ReadRecord(record))));
        }

        return (keys, entries);
    }
}
