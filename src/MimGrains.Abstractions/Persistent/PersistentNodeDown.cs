namespace MimGrains.Persistent;

/// <summary>Tells a handler that a silo was declared dead.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <param name="Table">The table, on the silo where the handler runs.</param>
/// <param name="Transactions">Writes it.</param>
/// <param name="DeadSilo">The dead silo, as <c>SiloAddress.ToParsableString()</c>.</param>
/// <param name="Services">The services of the silo where the handler runs.</param>
public sealed record PersistentNodeDownEvent<TKey, TRecord>(
    IPersistentTable<TKey, TRecord> Table, ITransactions Transactions, string DeadSilo, IServiceProvider Services)
    where TKey : notnull
    where TRecord : class;

public sealed partial class PersistentTableDefinition<TKey, TRecord>
{
    /// <summary>
    /// Returns what is called when a silo is declared dead, or leaves; such as to delete the records that stand for
    /// what it did.
    /// </summary>
    /// <value>Default: none. A record of a persistent table belongs to no silo: it stays.</value>
    /// <remarks>
    /// Called on the live silo with the least address, again and again until it does not throw; and again on the next
    /// one when that
    /// silo dies as well. Called a second time after 30 s, for what the dead silo was just having written. So it must
    /// do nothing where
    /// nothing is left to do.
    /// </remarks>
    public Func<PersistentNodeDownEvent<TKey, TRecord>, CancellationToken, Task>? OnNodeDown { get; init; }
}
