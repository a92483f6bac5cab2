using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Makes the logs of fragments, in memory and on disc. Thread-safe.</summary>
internal sealed class FragmentLogs(TableCatalog catalog, IServiceProvider services)
{
    private IReplicatedTable<string, RamLogRow> InMemoryTable => catalog.Get<string, RamLogRow>(RamLogRow.TableName);

    /// <summary>Completes when there are logs in memory on this silo.</summary>
    public Task WaitForReadyAsync(CancellationToken cancellationToken) => InMemoryTable.WaitForReadyAsync(cancellationToken);

    /// <summary>Returns the log of a fragment in memory.</summary>
    public RamFragmentLog InMemory(FragmentId id) => new(new FragmentName(id.Table, "0", id.Index), InMemoryTable);

    /// <summary>Returns the log of a fragment on disc.</summary>
    /// <exception cref="PersistentTableUnavailableException">This silo has no database.</exception>
    /// <exception cref="TableFormException">The table is stored in another form.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task<IFragmentLog> StoredAsync(FragmentId id, TableParts parts, CancellationToken cancellationToken) =>
        Stored(id, await FactoryFor(id.Table).TableOf(id.Table).OpenAsync(parts.StoredForm, cancellationToken));

    /// <summary>Returns the log of a fragment on disc under a cookie.</summary>
    /// <exception cref="PersistentTableUnavailableException">This silo has no database.</exception>
    public IFragmentLog Stored(FragmentId id, string cookie) =>
        FactoryFor(id.Table).Create(new FragmentName(id.Table, cookie, id.Index));

    private IFragmentLogFactory FactoryFor(string table) =>
        services.GetService<IFragmentLogFactory>() ?? throw new PersistentTableUnavailableException(
            table, "its storage is on disc, but this silo is given no database");
}
