using System.Diagnostics.CodeAnalysis;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Sessions.Tests;

/// <summary>
/// A persistent set of one silo, for tests of what is built on such tables. What the session manager does not use is not there.
/// </summary>
internal sealed class MemoryPersistentTable<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition)
    : IPersistentTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<TKey, TRecord> _records = new(definition.Order);

    /// <summary>Gets or sets what the next writes throw, after they were applied if <see cref="FailAfterApplying"/>.</summary>
    public Exception? WriteError { get; set; }

    public bool FailAfterApplying { get; set; } = true;

    /// <summary>Gets or sets whether the table can be read.</summary>
    public bool IsLoaded { get; set; } = true;

    public string Name => definition.Name;

    public PersistentTableDefinition<TKey, TRecord> Definition => definition;

    public long Count => Range().LongCount();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record)
    {
        lock (_lock)
        {
            return _records.TryGetValue(key, out record);
        }
    }

    public IReadOnlyList<TRecord> GetAll(TKey key) => TryGet(key, out var record) ? [record] : [];

    public IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull =>
        [.. Range().Where(entry => index.ValueOf(entry.Key, entry.Record) is { } found && found.Equals(value))];

    public long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull => Lookup(index, value).Count;

    public IEnumerable<TableEntry<TKey, TRecord>> Range(KeyRange<TKey> range = default)
    {
        if (!IsLoaded)
        {
            throw new PersistentTableUnavailableException(Name, "it is not loaded");
        }

        lock (_lock)
        {
            return
            [
                .. _records.Where(pair => !range.IsBelow(pair.Key, definition.Order) && !range.IsAbove(pair.Key, definition.Order))
                    .Select(pair => new TableEntry<TKey, TRecord>(pair.Key, pair.Value)),
            ];
        }
    }

    public IEnumerable<TKey> Keys() => Range().Select(entry => entry.Key);

    public Task WriteAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        Change(() => _records[key] = record, WriteError);

    public Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) => Change(() => _records.Remove(key), null);

    private Task Change(Action change, Exception? error)
    {
        lock (_lock)
        {
            if (error is null || FailAfterApplying)
            {
                change();
            }
        }

        return error is null ? Task.CompletedTask : Task.FromException(error);
    }

    public TablePage<TKey, TRecord> RangePage(
        KeyRange<TKey> range, int limit, string? continuation = null, Func<TableEntry<TKey, TRecord>, bool>? where = null) =>
        throw new NotSupportedException();

    public TableEntry<TKey, TRecord>? First() => throw new NotSupportedException();

    public TableEntry<TKey, TRecord>? Last() => throw new NotSupportedException();

    public TableEntry<TKey, TRecord>? Next(TKey key) => throw new NotSupportedException();

    public TableEntry<TKey, TRecord>? Previous(TKey key) => throw new NotSupportedException();

    public ValueTask<TRecord?> ReadAsync(TKey key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<TRecord>> ReadAllAsync(TKey key, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task ClearAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<TableEvent<TKey, TRecord>> WatchAsync(
        Func<TableEntry<TKey, TRecord>, bool>? filter = null, WatchToken? from = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task WaitForLoadedAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
}
