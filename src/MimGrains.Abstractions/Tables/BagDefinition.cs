namespace MimGrains.Tables;

/// <summary>
/// Defines a replicated bag: several records for each key, each of them at most once. Every silo must register an equal
/// definition, with <see cref="TableServiceCollectionExtensions.AddReplicatedBag{TKey,TRecord}"/>.
/// </summary>
/// <typeparam name="TKey">Key; immutable, hashable, serializable by Orleans.</typeparam>
/// <typeparam name="TRecord">Record; immutable, hashable, serializable by Orleans.</typeparam>
public sealed class BagDefinition<TKey, TRecord>
    where TKey : notnull
    where TRecord : notnull
{
    /// <summary>Defines a bag.</summary>
    /// <param name="name">Unique in the cluster, also among tables; 1 to <see cref="TableDefinition.MaxNameLength"/> characters.</param>
    /// <param name="keyOrder">
    /// The order of the keys; says 0 exactly for equal keys. Null: their natural order, strings by their code points.
    /// </param>
    /// <param name="recordOrder">The order of the records; as <paramref name="keyOrder"/>.</param>
    /// <param name="ownerOf">
    /// Returns which silo a record belongs to, as <c>SiloAddress.ToParsableString()</c>; null stands for the silo that inserted it
    /// last. Must be pure.
    /// </param>
    /// <param name="nodeDown">What becomes of the records of a dead silo.</param>
    public BagDefinition(
        string name,
        IComparer<TKey>? keyOrder = null,
        IComparer<TRecord>? recordOrder = null,
        Func<TKey, TRecord, string?>? ownerOf = null,
        NodeDownRule nodeDown = NodeDownRule.RemoveOwned)
    {
        ByKey = new TableIndex<BagItem<TKey, TRecord>, BagMark, TKey>("key", static (item, _) => item.Key);
        Table = new TableDefinition<BagItem<TKey, TRecord>, BagMark>(name)
        {
            Order = new ItemOrder(keyOrder ?? TableOrder.Default<TKey>(), recordOrder ?? TableOrder.Default<TRecord>()),
            OwnerOf = ownerOf is null ? null : (item, _) => ownerOf(item.Key, item.Record),
            NodeDown = nodeDown,

            // Whoever inserted it, it is the same record. What this buys is that a delete takes only what its silo had seen.
            Resolve = static (_, mark, _) => mark,
        }.WithIndex(ByKey);
    }

    /// <summary>Returns the table that holds the bag: its keys are key and record of the bag.</summary>
    public TableDefinition<BagItem<TKey, TRecord>, BagMark> Table { get; }

    /// <summary>Returns the index that finds the records of a key.</summary>
    public TableIndex<BagItem<TKey, TRecord>, BagMark, TKey> ByKey { get; }

    private sealed class ItemOrder(IComparer<TKey> keys, IComparer<TRecord> records) : IComparer<BagItem<TKey, TRecord>>
    {
        public int Compare(BagItem<TKey, TRecord> left, BagItem<TKey, TRecord> right)
        {
            var byKey = keys.Compare(left.Key, right.Key);
            return byKey != 0 ? byKey : records.Compare(left.Record, right.Record);
        }
    }
}

/// <summary>A key of a bag with one of its records.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
[GenerateSerializer, Immutable, Alias("mimgrains.bag-item`2")]
public readonly record struct BagItem<TKey, TRecord>([property: Id(0)] TKey Key, [property: Id(1)] TRecord Record)
    where TKey : notnull
    where TRecord : notnull;

/// <summary>Says that an item is in a bag: the record of the table that holds it. There is one.</summary>

public sealed class BagMark
{
    private BagMark()
    {
    }

    /// <summary>Returns it.</summary>
    public static BagMark Instance { get; } = new();
}
