using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

// owner -> nobody else answers -> stored rows -> the records are in the copies -> own first row -> answers
/// <summary>Opens fragments on this silo. Thread-safe.</summary>
internal sealed partial class FragmentOpener(
    TableRegistry tables,
    TableCatalog catalog,
    FragmentDirectory directory,
    FragmentRegistry registry,
    FragmentLogs logs,
    TableStorages storages,
    TimeProvider time,
    ILogger<FragmentHost> logger)
{
    /// <summary>The fragments whose locks stand for names; they have no records.</summary>
    public const string NamesTable = "mnesia$names";

    /// <summary>How many there are.</summary>
    public const int NamesFragments = 8;

    private readonly ILogger _logger = logger;

    /// <exception cref="NoSuchTableException">The table is not on this silo.</exception>
    /// <exception cref="FragmentGoneException">Another activation has taken over meanwhile, or this silo is stopping.</exception>
    /// <exception cref="TableChangingException">The storage of the table is being changed.</exception>
    public async Task<FragmentEntry> OpenAsync(FragmentId id, CancellationToken cancellationToken)
    {
        var parts = id.Table == NamesTable ? null : tables.Get(id.Table);
        if (parts is not null)
        {
            // Not before this silo is found to have the same definition as the others.
            await parts.WaitForReadyAsync(catalog, cancellationToken);
            await FindStorageAsync(parts, cancellationToken);
        }

        await logs.WaitForReadyAsync(cancellationToken);
        var owner = await directory.TakeAsync(id, cancellationToken);
        var entry = registry.Begin(id, owner.Epoch);
        FragmentHost? host = null;
        try
        {
            using var opening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, entry.Opening);
            var record = await directory.SettleAsync(id, owner, opening.Token);
            // Asked again, now that nobody else answers: a change that begins later has this owner retire before it prepares anything.
            var storage = parts is null ? StorageType.Ram : await FindStorageAsync(parts, opening.Token);
            host = await MakeHostAsync(id, owner, parts, storage, opening.Token);
            await host.OpenAsync(record.HasRecords, opening.Token);
            await directory.MarkAsync(id, owner, hasRecords: storage != StorageType.DiscOnly, preparedFor: "", opening.Token);
            entry.Serve(host);
            foreach (var dead in directory.Dead)
            {
                host.OnDead(dead);
            }

            return entry;
        }
        catch (Exception exception)
        {
            if (exception is not TableChangingException)
            {
                LogNotOpened(_logger, id, owner.Epoch, exception.Message);
            }

            if (host is not null)
            {
                await host.DisposeAsync();
            }

            registry.End(entry);
            throw;
        }
    }

    private async Task<StorageType> FindStorageAsync(TableParts parts, CancellationToken cancellationToken)
    {
        var storage = await storages.ResolveAsync(parts, cancellationToken);
        return storage.Change is null
            ? storage.Effective!.Value
            : throw new TableChangingException(parts.Definition.Name, storage.Change);
    }

    private async Task<FragmentHost> MakeHostAsync(
        FragmentId id, FragmentOwner owner, TableParts? parts, StorageType storage, CancellationToken cancellationToken)
    {
        var ramLog = logs.InMemory(id);
        if (parts is null || storage == StorageType.Ram)
        {
            IFragmentStore inMemory = parts is null ? new NoStore() : CopyStoreOf(isOnDisc: false);
            return new FragmentHost(id, owner, inMemory, ramLog, directory.IsDead, time, _logger);
        }

        // Left by a change of the storage, and without it by nobody.
        await ramLog.DeleteAsync(cancellationToken);
        var isBag = parts.Definition.Type == PersistentTableType.Bag;
        var log = await logs.StoredAsync(id, parts, cancellationToken);
        if (storage == StorageType.Disc)
        {
            return new FragmentHost(id, owner, CopyStoreOf(isOnDisc: true), log, directory.IsDead, time, _logger);
        }

        if (parts.CopyIn(catalog) is { HasEntries: true } copy)
        {
            // Nobody reads it any more: a change is not settled before all live silos know of it.
            await copy.ApplyAsync(id.Index, [new FragmentWrite(WriteKind.Clear, default, default)]);
        }

        return new FragmentHost(id, owner, new PagedStore(log, isBag), log, directory.IsDead, time, _logger);

        CopyStore CopyStoreOf(bool isOnDisc) =>
            new(parts!.CopyIn(catalog), id.Index, parts.Definition.Type == PersistentTableType.Bag, isOnDisc);
    }

    [LoggerMessage(FragmentEventId.NotOpened, LogLevel.Warning, "Fragment {Fragment}: epoch {Epoch} could not be opened: {Reason}")]
    private static partial void LogNotOpened(ILogger logger, FragmentId fragment, long epoch, string reason);
}
