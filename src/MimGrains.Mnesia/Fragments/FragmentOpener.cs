using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
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
    IServiceProvider services,
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
    public async Task<FragmentEntry> OpenAsync(FragmentId id, CancellationToken cancellationToken)
    {
        var parts = id.Table == NamesTable ? null : tables.Get(id.Table);
        var copy = parts?.CopyIn(catalog);
        if (parts is not null)
        {
            // Not before this silo is found to have the same definition as the others.
            await parts.WaitForReadyAsync(catalog, cancellationToken);
        }

        var ramLog = catalog.Get<string, RamLogRow>(RamLogRow.TableName);
        await ramLog.WaitForReadyAsync(cancellationToken);
        var owner = await directory.TakeAsync(id, cancellationToken);
        var entry = registry.Begin(id, owner.Epoch);
        FragmentHost? host = null;
        try
        {
            using var opening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, entry.Opening);
            var hasRecords = await directory.SettleAsync(id, owner, opening.Token);
            var isRam = parts is null || parts.Definition.Storage == StorageType.Ram;
            IFragmentLog log = isRam
                ? new RamFragmentLog(new FragmentName(id.Table, "0", id.Index), ramLog)
                : await StoredLogAsync(id, parts!.StoredForm, opening.Token);
            var isBag = parts?.Definition.Type == PersistentTableType.Bag;
            IFragmentStore store = parts is null ? new NoStore()
                : copy is null ? new PagedStore(log, isBag)
                : new CopyStore(copy, id.Index, isBag, !isRam);
            host = new FragmentHost(id, owner, store, log, directory.IsDead, time, _logger);
            await host.OpenAsync(hasRecords, opening.Token);
            await directory.MarkLoadedAsync(id, owner, opening.Token);
            entry.Serve(host);
            foreach (var dead in directory.Dead)
            {
                host.OnDead(dead);
            }

            return entry;
        }
        catch (Exception exception)
        {
            LogNotOpened(_logger, id, owner.Epoch, exception.Message);
            if (host is not null)
            {
                await host.DisposeAsync();
            }

            registry.End(entry);
            throw;
        }
    }

    private async Task<IFragmentLog> StoredLogAsync(FragmentId id, string form, CancellationToken cancellationToken)
    {
        var logs = services.GetService<IFragmentLogFactory>() ?? throw new PersistentTableUnavailableException(
            id.Table, "its storage is on disc, but this silo is given no database");
        var cookie = await logs.TableOf(id.Table).OpenAsync(form, cancellationToken);
        return logs.Create(new FragmentName(id.Table, cookie, id.Index));
    }

    [LoggerMessage(FragmentEventId.NotOpened, LogLevel.Warning, "Fragment {Fragment}: epoch {Epoch} could not be opened: {Reason}")]
    private static partial void LogNotOpened(ILogger logger, FragmentId fragment, long epoch, string reason);
}
