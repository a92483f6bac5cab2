using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

// owner -> nobody else answers, nor will before the change is settled -> the records are put where they are to be -> marked
// memory -> disc: the whole slice in one replacing write, under the cookie of the change.  disc -> memory: one row, which is the state.
// disc only -> copies: emptied, then loaded.  What was there before stays, and counts if the change is not made.
/// <summary>Puts a fragment where a change of its table's storage wants it, while nobody answers for it. Thread-safe.</summary>
/// <remarks>
/// Done again for the same change it does no harm: nobody has written meanwhile. A log on disc that has a state is not written again,
/// since it may be in use already, by an owner that this one does not know of.
/// </remarks>
internal sealed partial class FragmentPreparer(
    TableCatalog catalog,
    TableStorages storages,
    FragmentDirectory directory,
    FragmentRegistry registry,
    FragmentLogs logs,
    ILogger<FragmentPreparer> logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Prepares a fragment for a change that all live silos know of. Its activation, wherever it is, retires.</summary>
    /// <exception cref="FragmentGoneException">Another owner follows, or the change was ended: nothing is marked.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task PrepareAsync(FragmentId id, TableParts parts, StorageChange change, CancellationToken cancellationToken)
    {
        var owner = await directory.TakeAsync(id, cancellationToken);
        var entry = registry.Begin(id, owner.Epoch);
        try
        {
            using var opening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, entry.Opening);
            var record = await directory.SettleAsync(id, owner, opening.Token);
            if (storages.Find(id.Table) is not { Change: { IsDecided: false } current } storage || current.Id != change.Id)
            {
                throw new FragmentGoneException($"Fragment {id}: the change of its table's storage has ended.");
            }

            if (record.PreparedFor != change.Id)
            {
                var hasRecords = await MoveAsync(id, owner, parts, storage, record.HasRecords, opening.Token);
                await directory.MarkAsync(id, owner, hasRecords, change.Id, opening.Token);
                LogPrepared(_logger, id, owner.Epoch, change.To);
            }
        }
        finally
        {
            registry.End(entry);
        }
    }

    // Returns whether the copies of all live silos have its records now.
    private async Task<bool> MoveAsync(
        FragmentId id, FragmentOwner owner, TableParts parts, TableStorage storage, bool hasRecords, CancellationToken cancellationToken)
    {
        var (from, change) = (storage.Effective!.Value, storage.Change!);
        if (from == StorageType.Disc && change.To == StorageType.DiscOnly)
        {
            return hasRecords; // The same rows; the copies go when it is opened.
        }

        var isBag = parts.Definition.Type == PersistentTableType.Bag;
        var copy = parts.CopyIn(catalog);
        await using var source = from == StorageType.Ram ? logs.InMemory(id) : await logs.StoredAsync(id, parts, cancellationToken);
        var image = await source.OpenAsync(cancellationToken);
        var engine = new FragmentEngine(id, owner.Epoch);
        var (writes, _) = await FragmentReplay.ReadAsync(engine, image, cancellationToken);
        if (from == StorageType.DiscOnly)
        {
            // An attempt before may have loaded what was deleted since.
            await copy.ApplyAsync(id.Index, [new FragmentWrite(WriteKind.Clear, default, default)]);
            hasRecords = false;
        }

        await new CopyStore(copy, id.Index, isBag, isOnDisc: false).LoadAsync(image, writes, hasRecords, cancellationToken);
        var state = LogRowCodec.Encode(id, engine.LastNumber, engine.CarriedEntries());
        if (change.To == StorageType.Ram)
        {
            var target = logs.InMemory(id);
            await target.DeleteAsync(cancellationToken);
            await target.OpenAsync(cancellationToken);
            await target.CompactAsync(target.NextNumber - 1, [], state, cancellationToken);
        }
        else if (from == StorageType.Ram)
        {
            await StoreAsync(id, change.Cookie, copy, isBag, state, cancellationToken);
        }

        return true;
    }

    private async Task StoreAsync(
        FragmentId id, string cookie, ITableCopy copy, bool isBag, ReadOnlyMemory<byte> state, CancellationToken cancellationToken)
    {
        await using var target = logs.Stored(id, cookie);
        var image = await target.OpenAsync(cancellationToken);
        await foreach (var _ in image.RowsAsync(cancellationToken))
        {
            // Only to be its writer: what is stored there already is as good.
        }

        if (image.State.IsEmpty)
        {
            await target.ReplaceAsync(target.NextNumber - 1, Records(), state, cancellationToken);
        }

        async IAsyncEnumerable<StoredEntry> Records()
        {
            await Task.CompletedTask;
            List<ReadOnlyMemory<byte>> records = [];
            foreach (var key in copy.Entries(id.Index).Select(entry => new RecordKey(entry.Key)).Distinct().Order().ToList())
            {
                records.Clear();
                copy.Read(key.Bytes, records);
                yield return new StoredEntry(key.Bytes, StoredValue.Join(isBag, records));
            }
        }
    }

    [LoggerMessage(FragmentEventId.Prepared, LogLevel.Information,
        "Fragment {Fragment}: epoch {Epoch} has prepared it for the storage {Storage}")]
    private static partial void LogPrepared(ILogger logger, FragmentId fragment, long epoch, StorageType storage);
}

/// <summary>The storage of a table is being changed: nobody answers for its fragments now. Ask again.</summary>
[GenerateSerializer, Alias("mimgrains.table-changing")]
internal sealed class TableChangingException(string table, StorageChange change)
    : Exception($"Persistent table {table}: its storage is being changed to {change.To} by {change.Coordinator}.");
