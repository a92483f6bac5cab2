namespace MimGrains.Tables;

/// <summary>Finds the replicated tables of this silo.</summary>
public interface ITableCatalog
{
    /// <summary>Returns the names of all tables of this silo, ascending.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Returns the names of the tables that have not joined those of the other silos yet, ascending.</summary>
    IReadOnlyList<string> NotReady { get; }

    /// <summary>Returns a table.</summary>
    /// <exception cref="KeyNotFoundException">No table of that name is registered on this silo.</exception>
    /// <exception cref="ArgumentException">The table has other key or record types; the message names both.</exception>
    IReplicatedTable<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class;

    /// <summary>Returns a bag.</summary>
    /// <exception cref="KeyNotFoundException">No bag of that name is registered on this silo.</exception>
    /// <exception cref="ArgumentException">What has that name has other types; the message names both.</exception>
    IReplicatedBag<TKey, TRecord> GetBag<TKey, TRecord>(BagDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : notnull;
}
