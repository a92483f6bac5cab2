using System.Diagnostics.CodeAnalysis;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>The copy of a bag: a replicated table with a row for each record.</summary>
internal sealed class BagCopy<TKey, TRecord> : TableCopy<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly BagRows<TKey, TRecord> _rows;
    private readonly ReplicatedTable<BagKey<TKey>, TRecord> _table;

    public BagCopy(BagRows<TKey, TRecord> rows, TableBytes<TKey, TRecord> bytes, ReplicatedTable<BagKey<TKey>, TRecord> table)
        : base(rows.Of, bytes) => (_rows, _table) = (rows, table);

    public override long Count => _table.Count;

    public override WriteToken LastWrite => _table.LastWrite;

    public override bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) =>
        throw new InvalidOperationException($"Persistent table {Name} is a bag: a key may have many records.");

    public override IReadOnlyList<TRecord> GetAll(TKey key)
    {
        var rows = RowsOf(key);
        var records = new TRecord[rows.Count];
        for (var at = 0; at < records.Length; at++)
        {
            records[at] = rows[at].Record;
        }

        return records;
    }

    public override IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value) =>
        [.. _table.Lookup(_rows.IndexOf(Own(index)), value).Select(ToEntry)];

    public override long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value) =>
        _table.CountLookup(_rows.IndexOf(Own(index)), value);

    public override IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range) => _table.Range(ToRows(range)).Select(ToEntry);

    public override TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation, Func<TableEntry<TKey, TRecord>, bool>? where)
    {
        var page = _table.RangePage(ToRows(range), limit, continuation, where is null ? null : row => where(ToEntry(row)));
        return new([.. page.Entries.Select(ToEntry)], page.Continuation);
    }

    public override IEnumerable<TKey> Keys()
    {
        var isFirst = true;
        TKey last = default!;
        foreach (var (row, _) in _table.Range(default))
        {
            if (isFirst || !EqualityComparer<TKey>.Default.Equals(row.Key, last))
            {
                yield return row.Key;
            }

            (isFirst, last) = (false, row.Key);
        }
    }

    public override async IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter,
        WatchToken? from,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = _table.WatchAsync(filter is null ? null : row => filter(ToEntry(row)), from, cancellationToken);
        await foreach (var one in events)
        {
            yield return new()
            {
                Kind = one.Kind,
                Key = one.Key.Key,
                Old = one.Old,
                New = one.New,
                Owner = one.Owner,
                Position = one.Position,
                Next = one.Next,
            };
        }
    }

    public override Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken) =>
        _table.ReadAfterAsync(token, cancellationToken);

    public override ValueTask WaitUntilWritableAsync(CancellationToken cancellationToken) =>
        _table.WaitUntilWritableAsync(cancellationToken);

    public override void Reserve(long records) => _table.Reserve(records);

    public override void Read(ReadOnlyMemory<byte> key, ICollection<ReadOnlyMemory<byte>> records)
    {
        foreach (var (_, record) in RowsOf(Bytes.ReadKey(key.Span)))
        {
            records.Add(Bytes.RecordBytes(record));
        }
    }

    protected override Task ApplyAsync(int fragment, Write[] writes) => _table.ApplyAsync(
        (this, fragment, writes),
        static (state, writer) =>
        {
            var (copy, fragment, writes) = state;
            foreach (var write in writes)
            {
                copy.Apply(fragment, write, writer);
            }
        });

    protected override Task AddToTableAsync(TableIndex<TKey, TRecord> index, CancellationToken cancellationToken) =>
        _table.AddIndexAsync(_rows.Add(index), cancellationToken);

    protected override bool DropFromTable(string name) => _table.DropIndex(name);

    private void Apply(int fragment, in Write write, ReplicatedTable<BagKey<TKey>, TRecord>.Writer writer)
    {
        switch (write.Kind)
        {
            case WriteKind.Put:
                if (!TryFind(write, out _))
                {
                    var row = new BagKey<TKey>(write.Key, BagKey<TKey>.DigestOf(write.RecordBytes.Span));
                    writer.Put(row, write.Record!, RowBytes(row), write.RecordBytes.Span);
                }

                break;
            case WriteKind.DeleteObject:
                if (TryFind(write, out var found))
                {
                    writer.Delete(found, RowBytes(found));
                }

                break;
            case WriteKind.Delete:
                Delete(RowsOf(write.Key), writer);
                break;
            case WriteKind.Clear:
                Delete(_table.Range(default).Where(row => IsIn(fragment, Bytes.ToBytes(row.Key.Key))), writer);
                break;
            default:
                throw new InvalidOperationException($"No such kind of write: {write.Kind}.");
        }
    }

    private void Delete(
        IEnumerable<TableEntry<BagKey<TKey>, TRecord>> rows, ReplicatedTable<BagKey<TKey>, TRecord>.Writer writer)
    {
        foreach (var (row, _) in rows)
        {
            writer.Delete(row, RowBytes(row));
        }
    }

    // Equal records may have different bytes: Orleans writes an object that comes twice as a reference the second time.
    private bool TryFind(in Write write, out BagKey<TKey> found)
    {
        found = new(write.Key, BagKey<TKey>.DigestOf(write.RecordBytes.Span));
        if (_table.TryGet(found, out _))
        {
            return true;
        }

        foreach (var (row, record) in _table.Lookup(_rows.ByRecord, (write.Key, write.Record!.GetHashCode())))
        {
            if (record.Equals(write.Record))
            {
                found = row;
                return true;
            }
        }

        return false;
    }

    private IReadOnlyList<TableEntry<BagKey<TKey>, TRecord>> RowsOf(TKey key) => _table.Scan(new BagPrefix<TKey>(key, Definition.Order));

    private byte[] RowBytes(BagKey<TKey> row)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>(64);
        _rows.Codec.WriteKey(row, output);
        return output.WrittenSpan.ToArray();
    }

    private static TableEntry<TKey, TRecord> ToEntry(TableEntry<BagKey<TKey>, TRecord> row) => new(row.Key.Key, row.Record);

    private static KeyRange<BagKey<TKey>> ToRows(KeyRange<TKey> range)
    {
        var rows = default(KeyRange<BagKey<TKey>>);
        rows = range.LowerKind switch
        {
            BoundKind.Inclusive => rows.AtLeast(new(range.Lower!, UInt128.MinValue)),
            BoundKind.Exclusive => rows.GreaterThan(new(range.Lower!, UInt128.MaxValue)),
            _ => rows,
        };
        rows = range.UpperKind switch
        {
            BoundKind.Inclusive => rows.AtMost(new(range.Upper!, UInt128.MaxValue)),
            BoundKind.Exclusive => rows.LessThan(new(range.Upper!, UInt128.MinValue)),
            _ => rows,
        };
        return range.IsDescending ? rows.Descending() : rows;
    }
}
