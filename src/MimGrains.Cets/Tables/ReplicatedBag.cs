using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

/// <summary>A bag of this silo, over the table whose keys are (key, record).</summary>
internal sealed class ReplicatedBag<TKey, TRecord>(
    BagDefinition<TKey, TRecord> definition, IReplicatedTable<BagItem<TKey, TRecord>, BagMark> table) : IReplicatedBag<TKey, TRecord>
    where TKey : notnull
    where TRecord : notnull
{
    public string Name => table.Name;

    public long Count => table.Count;

    public IReadOnlyList<TRecord> Lookup(TKey key) => [.. table.Lookup(definition.ByKey, key).Select(entry => entry.Key.Record)];

    public long CountOf(TKey key) => table.CountLookup(definition.ByKey, key);

    public bool Contains(TKey key, TRecord record) => table.TryGet(Item(key, record), out _);

    public IEnumerable<TableEntry<TKey, TRecord>> Dump() =>
        table.Dump().Select(entry => new TableEntry<TKey, TRecord>(entry.Key.Key, entry.Key.Record));

    public Task InsertAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        table.InsertAsync(Item(key, record), BagMark.Instance, cancellationToken);

    public Task InsertManyAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default) =>
        table.InsertManyAsync(
            [.. Items(entries).Select(item => new TableEntry<BagItem<TKey, TRecord>, BagMark>(item, BagMark.Instance))],
            cancellationToken);

    public Task DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return DeleteManyAsync([key], cancellationToken);
    }

    public Task DeleteManyAsync(IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Any(key => key is null))
        {
            throw new ArgumentException($"Bag {Name}: one of the {keys.Count} keys is null.", nameof(keys));
        }

        return table.DeleteManyAsync(
            [.. keys.SelectMany(key => table.Lookup(definition.ByKey, key)).Select(entry => entry.Key)], cancellationToken);
    }

    public Task DeleteObjectAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        table.DeleteAsync(Item(key, record), cancellationToken);

    public Task DeleteObjectsAsync(
        IReadOnlyCollection<TableEntry<TKey, TRecord>> entries, CancellationToken cancellationToken = default) =>
        table.DeleteManyAsync([.. Items(entries)], cancellationToken);

    public Task WaitForReadyAsync(CancellationToken cancellationToken = default) => table.WaitForReadyAsync(cancellationToken);

    private IEnumerable<BagItem<TKey, TRecord>> Items(IReadOnlyCollection<TableEntry<TKey, TRecord>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        return entries.Select((entry, at) => entry.Key is not null && entry.Record is not null
            ? new BagItem<TKey, TRecord>(entry.Key, entry.Record)
            : throw new ArgumentException($"Bag {Name}: entry {at} of {entries.Count} has no key or no record.", nameof(entries)));
    }

    private static BagItem<TKey, TRecord> Item(TKey key, TRecord record)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(record);
        return new(key, record);
    }
}
