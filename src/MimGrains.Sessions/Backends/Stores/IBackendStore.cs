using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>
/// What a backend keeps its records in, whichever database it is. Reads are local; a write returns when every live silo has it.
/// Thread-safe.
/// </summary>
internal interface IBackendStore<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record);

    /// <summary>Returns the records with a value of an index, ascending by key.</summary>
    IReadOnlyList<TableEntry<TKey, TRecord>> Lookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    long CountLookup<TIndex>(TableIndex<TKey, TRecord, TIndex> index, TIndex value)
        where TIndex : notnull;

    /// <summary>Enumerates all records, ascending by key.</summary>
    IEnumerable<TableEntry<TKey, TRecord>> All();

    Task WaitForReadyAsync(CancellationToken cancellationToken);

    /// <summary>Inserts or replaces a record whose key only one silo writes.</summary>
    /// <exception cref="TableUnavailableException">The table cannot be used now; nothing was written.</exception>
    Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken);

    /// <summary>Deletes records; those that are not there are no error.</summary>
    /// <inheritdoc cref="InsertAsync"/>
    Task DeleteAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken);

    /// <summary>Inserts or replaces a record, in one order with the operations below.</summary>
    /// <inheritdoc cref="InsertAsync"/>
    Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken);

    /// <summary>Inserts a record unless the key has one, and returns the record that the key has then. One of several wins.</summary>
    /// <inheritdoc cref="InsertAsync"/>
    Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(TKey key, TRecord record, CancellationToken cancellationToken);

    /// <summary>Inserts records if none of their keys has one.</summary>
    /// <returns>The place of one whose key has a record: then nothing is inserted. Null if all are.</returns>
    /// <inheritdoc cref="InsertAsync"/>
    Task<int?> InsertAllNewAsync(IReadOnlyList<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken);

    /// <summary>Deletes the record of a key if it equals <paramref name="expected"/>. Returns whether it did.</summary>
    /// <inheritdoc cref="InsertAsync"/>
    Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken);
}
