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
    TableStorages storages,
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
        where TRecord : class => FindCopy(parts) ?? throw new InvalidOperationException(
            $"Persistent table {parts.Definition.Name} is on disc only: it has no indexes, and no pages without a transaction.");

    /// <summary>Returns the copy of this silo; null while the table is on disc only. Ask again after each wait.</summary>
    public TableCopy<TKey, TRecord>? FindCopy<TKey, TRecord>(TableParts<TKey, TRecord> parts)
        where TKey : notnull
        where TRecord : class => parts.ReadableCopyIn(catalog);

    /// <summary>Completes when this silo knows whether a table has copies.</summary>
    public ValueTask KnowStorageAsync(TableParts parts, CancellationToken cancellationToken) =>
        storages.KnowAsync(parts.Definition.Name, cancellationToken);

    /// <summary>Whether what a fragment decides is known when all silos are gone.</summary>
    public bool IsStored(FragmentId fragment) => Get(fragment.Table).StorageIn(catalog) != StorageType.Ram;

    public static IEnumerable<FragmentId> FragmentsOf(TableParts parts) =>
        Enumerable.Range(0, parts.Definition.Fragments).Select(index => new FragmentId(parts.Definition.Name, index));

    public static FragmentId FragmentOf(TableParts parts, ReadOnlySpan<byte> key) =>
        new(parts.Definition.Name, FragmentHash.FragmentOf(key, parts.Definition.Fragments));
}
