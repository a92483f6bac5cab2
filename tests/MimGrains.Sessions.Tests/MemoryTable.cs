using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Sessions.Tests;

/// <summary>A table of one silo, for tests of what is built on tables: ordered, thread-safe, and able to fail on request.</summary>
internal sealed partial class MemoryTable<TKey, TRecord>(TableDefinition<TKey, TRecord> definition) : IReplicatedTable<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<TKey, TRecord> _records = new(definition.Order);

    /// <summary>Gets or sets what the next inserts throw, after they were applied if <see cref="FailAfterApplying"/>.</summary>
    public Exception? InsertError { get; set; }

    public bool FailAfterApplying { get; set; } = true;

    /// <summary>Gets or sets what is called before the next inserts are applied.</summary>
    public Action? BeforeInsert { get; set; }

    public string Name => definition.Name;

    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _records.Count;
            }
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record)
    {
        lock (_lock)
        {
            return _records.TryGetValue(key, out record);
        }
    }

    public IReadOnlyList<TableEntry<TKey, TRecord>> Scan<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        var found = new List<TableEntry<TKey, TRecord>>();
        lock (_lock)
        {
            foreach (var (key, record) in _records)
            {
                if (prefix.CompareTo(key) == 0)
                {
                    found.Add(new(key, record));
                }
            }
        }

        return found;
    }

    public IReadOnlyList<TableEntry<TKey, TRecord>> ScanPage<TPrefix>(TPrefix prefix, int limit)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return [.. Scan(prefix).Take(limit)];
    }

    public IReadOnlyList<TableEntry<TKey, TRecord>> ScanPage<TPrefix>(TPrefix prefix, TKey after, int limit)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return [.. Scan(prefix).Where(entry => definition.Order.Compare(entry.Key, after) > 0).Take(limit)];
    }

    public long CountPrefix<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix> => Scan(prefix).Count;

    public IEnumerable<TableEntry<TKey, TRecord>> Dump()
    {
        lock (_lock)
        {
            return [.. _records.Select(pair => new TableEntry<TKey, TRecord>(pair.Key, pair.Value))];
        }
    }

    public Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        InsertManyAsync([new(key, record)], cancellationToken);

    public Task InsertManyAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default)
    {
        BeforeInsert?.Invoke();
        lock (_lock)
        {
            if (InsertError is null || FailAfterApplying)
            {
                foreach (var (key, record) in entries)
                {
                    _records[key] = record;
                }
            }
        }

        return InsertError is { } error ? Task.FromException(error) : Task.CompletedTask;
    }

    public Task DeleteAsync(TKey key, CancellationToken cancellationToken = default) =>
        DeleteManyAsync([key], cancellationToken);

    public Task DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            foreach (var key in keys)
            {
                _records.Remove(key);
            }
        }

        return Task.CompletedTask;
    }

    public Task<TableComparison<TKey>> VerifyAsync(CancellationToken cancellationToken = default) => Task.FromResult(
        new TableComparison<TKey>(Name, ["only"], new Dictionary<string, string>(), Count, 0, []));

    public Task WaitForReadyAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;
}
