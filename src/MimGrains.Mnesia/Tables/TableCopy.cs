using System.Diagnostics.CodeAnalysis;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>This silo's copy of a persistent table, with the types of its keys and records. Thread-safe; reads take no lock.</summary>
internal abstract class TableCopy<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition, TableBytes<TKey, TRecord> bytes)
    : ITableCopy
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Before the names of the replicated tables that are copies.</summary>
    public const string NamePrefix = "mnesia$copy$";

    public string Name => Definition.Name;

    public abstract WriteToken LastWrite { get; }

    public abstract long Count { get; }

    protected PersistentTableDefinition<TKey, TRecord> Definition => definition;

    protected TableBytes<TKey, TRecord> Bytes => bytes;

    public abstract bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record);

    public abstract IReadOnlyList<TRecord> GetAll(TKey key);

    public abstract IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    public abstract long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    public abstract IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range);

    public abstract TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation, Func<TableEntry<TKey, TRecord>, bool>? where);

    public abstract IEnumerable<TKey> Keys();

    public abstract IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter, WatchToken? from, CancellationToken cancellationToken);

    public abstract Task WaitForReadyAsync(CancellationToken cancellationToken);

    public abstract Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken);

    public abstract void Read(ReadOnlyMemory<byte> key, ICollection<ReadOnlyMemory<byte>> records);

    public abstract ValueTask WaitUntilWritableAsync(CancellationToken cancellationToken);

    public IEnumerable<CopyEntry> Entries(int fragment) => Range(default)
        .Select(entry => (Key: Bytes.ToBytes(entry.Key), entry.Record))
        .Where(entry => FragmentHash.FragmentOf(entry.Key, definition.Fragments) == fragment)
        .Select(entry => new CopyEntry(entry.Key, Bytes.RecordBytes(entry.Record)));

    public Task ApplyAsync(int fragment, IReadOnlyList<CopyWrite> writes)
    {
        // Read before the first one is applied: what cannot be read leaves nothing half done.
        var read = new Write[writes.Count];
        for (var at = 0; at < read.Length; at++)
        {
            var (kind, key, record) = writes[at];
            read[at] = new Write(
                kind,
                kind == CopyWriteKind.Clear ? default! : Bytes.ReadKey(key.Span),
                kind is CopyWriteKind.Put or CopyWriteKind.DeleteObject ? Bytes.ReadRecord(record.Span) : null,
                key,
                record);
        }

        return ApplyAsync(fragment, read);
    }

    protected abstract Task ApplyAsync(int fragment, Write[] writes);

    protected bool IsIn(int fragment, ReadOnlySpan<byte> key) => FragmentHash.FragmentOf(key, definition.Fragments) == fragment;

    /// <summary>A write that was read.</summary>
    protected readonly record struct Write(
        CopyWriteKind Kind, TKey Key, TRecord? Record, ReadOnlyMemory<byte> KeyBytes, ReadOnlyMemory<byte> RecordBytes);
}
