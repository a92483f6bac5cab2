using System.Diagnostics.CodeAnalysis;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>The copy of a set: a replicated table with the same keys and records.</summary>
internal sealed class SetCopy<TKey, TRecord>(
    PersistentTableDefinition<TKey, TRecord> definition, TableBytes<TKey, TRecord> bytes, ReplicatedTable<TKey, TRecord> table)
    : TableCopy<TKey, TRecord>(definition, bytes)
    where TKey : notnull
    where TRecord : class
{
    public override long Count => table.Count;

    public override WriteToken LastWrite => table.LastWrite;

    /// <summary>Returns the definition of the replicated table.</summary>
    public static TableDefinition<TKey, TRecord> Define(
        PersistentTableDefinition<TKey, TRecord> definition, TableBytes<TKey, TRecord> bytes)
    {
        var copy = new TableDefinition<TKey, TRecord>(CopyNames.Prefix + definition.Name)
        {
            Order = definition.Order,
            ShareKey = definition.ShareKey,
            Codec = bytes,
            NodeDown = NodeDownRule.Keep,
            KeepsChanges = definition.KeepsChanges,
        };
        foreach (var index in definition.Indexes)
        {
            copy.WithIndex(index);
        }

        return copy;
    }

    public override bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record) => table.TryGet(key, out record);

    public override IReadOnlyList<TRecord> GetAll(TKey key) => table.TryGet(key, out var record) ? [record] : [];

    public override IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value) =>
        table.Lookup(Own(index), value);

    public override long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value) => table.CountLookup(Own(index), value);

    public override IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range) => table.Range(range);

    public override TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation, Func<TableEntry<TKey, TRecord>, bool>? where) =>
        table.RangePage(range, limit, continuation, where);

    public override IEnumerable<TKey> Keys() => table.Range(default).Select(entry => entry.Key);

    public override IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter, WatchToken? from, CancellationToken cancellationToken) =>
        table.WatchAsync(filter, from, cancellationToken);

    public override Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken) =>
        table.ReadAfterAsync(token, cancellationToken);

    public override ValueTask WaitUntilWritableAsync(CancellationToken cancellationToken) =>
        table.WaitUntilWritableAsync(cancellationToken);

    public override void Reserve(long records) => table.Reserve(records);

    public override void Read(ReadOnlyMemory<byte> key, ICollection<ReadOnlyMemory<byte>> records)
    {
        if (table.TryGet(Bytes.ReadKey(key.Span), out var record))
        {
            records.Add(Bytes.RecordBytes(record));
        }
    }

    protected override Task ApplyAsync(int fragment, Write[] writes) => table.ApplyAsync(
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
        table.AddIndexAsync(index, cancellationToken);

    protected override bool DropFromTable(string name) => table.DropIndex(name);

    private void Apply(int fragment, in Write write, ReplicatedTable<TKey, TRecord>.Writer writer)
    {
        switch (write.Kind)
        {
            case WriteKind.Put:
                writer.Put(write.Key, write.Record!, write.KeyBytes.Span, write.RecordBytes.Span);
                break;
            case WriteKind.DeleteObject when !table.TryGet(write.Key, out var held) || !Bytes.AreEqual(held, write.RecordBytes.Span):
                break;
            case WriteKind.Delete or WriteKind.DeleteObject:
                writer.Delete(write.Key, write.KeyBytes.Span);
                break;
            case WriteKind.Clear:
                foreach (var key in Keys())
                {
                    if (Bytes.ToBytes(key) is var keyBytes && IsIn(fragment, keyBytes))
                    {
                        writer.Delete(key, keyBytes);
                    }
                }

                break;
            default:
                throw new InvalidOperationException($"No such kind of write: {write.Kind}.");
        }
    }
}
