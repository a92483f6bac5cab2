namespace MimGrains.Tables;

public partial interface IReplicatedTable<TKey, TRecord>
{
    /// <summary>Returns the replica of another silo as it is at one moment, ascending by key; in chunks, with flow control.</summary>
    /// <param name="silo">The silo, as <c>SiloAddress.ToParsableString()</c>; this one is allowed.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="TableUnavailableException">The silo does not hold the table, or does not answer.</exception>
    IAsyncEnumerable<TableEntry<TKey, TRecord>> DumpAsync(string silo, CancellationToken cancellationToken = default);
}
