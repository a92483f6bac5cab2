using Microsoft.Extensions.Options;
using MimGrains.Cets;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Transactions;

/// <summary>What activities need of their silo.</summary>
internal sealed class TransactionServices(
    TableRegistry tables,
    TableCatalog catalog,
    FragmentCaller caller,
    FragmentDirectory directory,
    TransactionLedger ledger,
    IOptions<ReplicationOptions> options,
    TimeProvider time)
{
    public FragmentCaller Caller => caller;

    public FragmentDirectory Directory => directory;

    public TransactionLedger Ledger => ledger;

    public TimeProvider Time => time;

    public int RecordMaxBytes => options.Value.RecordMaxBytes;

    /// <exception cref="NoSuchTableException">The table is not on this silo.</exception>
    public TableParts Get(string table) => tables.Get(table);

    /// <exception cref="NoSuchTableException">The table is not on this silo.</exception>
    public TableParts<TKey, TRecord> Get<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> table)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(table);
        return tables.Get<TKey, TRecord>(table.Name);
    }

    /// <summary>Returns the copy of this silo, for what cannot be done without one.</summary>
    /// <exception cref="InvalidOperationException">The table is on disc only.</exception>
    public TableCopy<TKey, TRecord> CopyOf<TKey, TRecord>(TableParts<TKey, TRecord> parts)
        where TKey : notnull
        where TRecord : class => parts.TypedCopyIn(catalog) ?? throw new InvalidOperationException(
            $"Persistent table {parts.Definition.Name} is on disc only: it has no indexes, and no pages without a transaction.");

    public bool HasCopy(TableParts parts) => parts.CopyIn(catalog) is not null;

    public static IEnumerable<FragmentId> FragmentsOf(TableParts parts) =>
        Enumerable.Range(0, parts.Definition.Fragments).Select(index => new FragmentId(parts.Definition.Name, index));

    public static FragmentId FragmentOf(TableParts parts, ReadOnlySpan<byte> key) =>
        new(parts.Definition.Name, FragmentHash.FragmentOf(key, parts.Definition.Fragments));
}
