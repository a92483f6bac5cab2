using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using MimGrains.Core.Transactions;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// This silo's copy of a persistent table, with the types of its keys and records. Thread-safe; reads take no lock.
/// </summary>
internal abstract class TableCopy<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition, TableBytes<TKey, TRecord> bytes)
    : ITableCopy, IRecordSource<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // By name. Replaced, never changed.
    private ImmutableDictionary<string, TableIndex<TKey, TRecord>> _byProperty = definition.Indexes
        .Where(index => index.Property is not null).ToImmutableDictionary(index => index.Name, StringComparer.Ordinal);

    public string Name => Definition.Name;

    public IReadOnlyList<string> IndexNames => [.. definition.IndexNames.Union(_byProperty.Keys).Order(StringComparer.Ordinal)];

    public abstract WriteToken LastWrite { get; }

    public abstract long Count { get; }

    public bool HasEntries => Count > 0;

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

    public abstract Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken);

    public abstract void Read(ReadOnlyMemory<byte> key, ICollection<ReadOnlyMemory<byte>> records);

    public abstract ValueTask WaitUntilWritableAsync(CancellationToken cancellationToken);

    /// <summary>Adds an index by a property to this copy while it is read and written.</summary>
    /// <exception cref="ArgumentException">The copy has an index of that name.</exception>
    public async Task AddIndexAsync(TableIndex<TKey, TRecord> index, CancellationToken cancellationToken)
    {
        await AddToTableAsync(index, cancellationToken);
        ImmutableInterlocked.TryAdd(ref _byProperty, index.Name, index);
    }

    /// <summary>Drops an index. Returns whether there was one of that name.</summary>
    public bool DropIndex(string name)
    {
        ImmutableInterlocked.TryRemove(ref _byProperty, name, out _);
        return DropFromTable(name);
    }

    public IEnumerable<CopyEntry> Entries(int fragment) => Range(default)
        .Select(entry => (Key: Bytes.ToBytes(entry.Key), entry.Record))
        .Where(entry => FragmentHash.FragmentOf(entry.Key, definition.Fragments) == fragment)
        .Select(entry => new CopyEntry(entry.Key, Bytes.RecordBytes(entry.Record)));

    public bool AreEqual(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => Bytes.AreEqual(left.Span, right.Span);

    public Task ApplyAsync(int fragment, IReadOnlyList<FragmentWrite> writes) => ApplyAsync(fragment, Read(writes));

    public Func<Task> Prepare(int fragment, IReadOnlyList<FragmentWrite> writes)
    {
        var read = Read(writes);
        return () => ApplyAsync(fragment, read);
    }

    public abstract void Reserve(long records);

    protected abstract Task ApplyAsync(int fragment, Write[] writes);

    protected abstract Task AddToTableAsync(TableIndex<TKey, TRecord> index, CancellationToken cancellationToken);

    protected abstract bool DropFromTable(string name);

    /// <summary>
    /// Returns the index that this copy has for one that a caller has declared: one by a property is the same wherever
    /// it is declared.
    /// </summary>
    protected TableIndex<TKey, TRecord, TIndex> Own<TIndex>(TableIndex<TKey, TRecord, TIndex> index)
        where TIndex : notnull
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.Property is not null && _byProperty.TryGetValue(index.Name, out var own)
            ? own as TableIndex<TKey, TRecord, TIndex> ?? index
            : index;
    }

    protected bool IsIn(int fragment, ReadOnlySpan<byte> key) => FragmentHash.FragmentOf(key, definition.Fragments) == fragment;

    // Before the first one is applied: what cannot be read leaves nothing half done.
    private Write[] Read(IReadOnlyList<FragmentWrite> writes)
    {
        var read = new Write[writes.Count];
        for (var at = 0; at < read.Length; at++)
        {
            var (kind, key, record) = writes[at];
            read[at] = new Write(
                kind,
                kind == WriteKind.Clear ? default! : Bytes.ReadKey(key.Span),
                kind is WriteKind.Put or WriteKind.DeleteObject ? Bytes.ReadRecord(record.Span) : null,
                key,
                record);
        }

        return read;
    }

    /// <summary>A write that was read.</summary>
    protected readonly record struct Write(
        WriteKind Kind, TKey Key, TRecord? Record, ReadOnlyMemory<byte> KeyBytes, ReadOnlyMemory<byte> RecordBytes);
}

/// <summary>How the replicated tables are named that hold copies.</summary>
internal static class CopyNames
{
    public const string Prefix = "mnesia$copy$";
}
