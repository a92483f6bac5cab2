using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Mnesia.Storage;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

// registered by the first silo that has the table -> the row of the table read, once in the life of the cluster -> known everywhere
/// <summary>Where the records of each persistent table are, as all silos have agreed. Thread-safe.</summary>
internal sealed partial class TableStorages(
    TableCatalog catalog, IServiceProvider services, ILocalSiloDetails self, TimeProvider time, ILogger<TableStorages> logger)
{
    private static readonly TimeSpan LookAgainPeriod = TimeSpan.FromMilliseconds(20);

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<string, bool> _unclean = new(StringComparer.Ordinal);

    /// <summary>Names the silo incarnation, as <see cref="StorageChange.Coordinator"/> does.</summary>
    public string Self { get; } = self.SiloAddress.ToParsableString();

    /// <summary>The tables whose row names fragments that count no more.</summary>
    public IReadOnlyCollection<string> Unclean => [.. _unclean.Keys];

    private IReplicatedTable<string, TableStorage> Table => catalog.Get<string, TableStorage>(TableStorage.Table.Name);

    /// <summary>Returns what is known of a table on this silo; null for nothing.</summary>
    public TableStorage? Find(string table) => In(catalog) is { } storages && storages.TryGet(table, out var known) ? known : null;

    /// <summary>Returns the table of what is known; null if this silo does not hold it yet.</summary>
    public static ReplicatedTable<string, TableStorage>? In(TableCatalog catalog) =>
        (ReplicatedTable<string, TableStorage>?)catalog.Find(TableStorage.Table.Name);

    /// <summary>Whether the storage of a table is being changed: nobody answers for its fragments.</summary>
    public bool IsChanging(string table) => Find(table)?.Change is not null;

    /// <summary>Changes what is known of a table if it is still what is expected. On return all live silos know.</summary>
    public Task<bool> CompareAndSetAsync(string table, TableStorage expected, TableStorage next, CancellationToken cancellationToken) =>
        Table.CompareAndSetAsync(table, expected, next, cancellationToken);

    /// <summary>Forgets a table that is deleted.</summary>
    public Task ForgetAsync(string table, CancellationToken cancellationToken)
    {
        _unclean.TryRemove(table, out _);
        return Table.DeleteAsync(table, cancellationToken);
    }

    public void NoteUnclean(string table, bool isUnclean)
    {
        if (isUnclean)
        {
            _unclean[table] = true;
        }
        else
        {
            _unclean.TryRemove(table, out _);
        }
    }

    /// <summary>Completes when this silo knows where the records of a table are.</summary>
    public ValueTask KnowAsync(string table, CancellationToken cancellationToken) =>
        Find(table)?.Effective is not null ? ValueTask.CompletedTask : new(WaitUntilKnownAsync(table, cancellationToken));

    /// <summary>
    /// Finds out where the records of a table are: the row of the table says so, if it was ever changed, else the definition.
    /// </summary>
    /// <exception cref="TableDefinitionMismatchException">Another silo has registered it with another storage.</exception>
    /// <exception cref="TableDefinitionException">The definition does not go with where they are.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task<TableStorage> ResolveAsync(TableParts parts, CancellationToken cancellationToken)
    {
        await Table.WaitForReadyAsync(cancellationToken);
        var definition = parts.Definition;
        while (true)
        {
            var known = await RegisterAsync(definition, cancellationToken);
            if (known.Effective is { } effective)
            {
                Require(definition, known);
                definition.With(effective, null).Validate();
                return known;
            }

            var row = services.GetService<IFragmentLogFactory>() is { } logs
                ? await logs.TableOf(definition.Name).ReadAsync(cancellationToken)
                : null;
            var stored = row?.Content.Storage;
            NoteUnclean(definition.Name, row?.Content.Obsolete is [_, ..]);
            var found = known with { Effective = stored ?? known.Declared, IsChanged = stored is not null, HasRow = row is not null };
            var isSet = await CompareAndSetAsync(definition.Name, known, found, cancellationToken);
            if (isSet && found.Effective != known.Declared)
            {
                LogStored(_logger, definition.Name, found.Effective.Value, known.Declared);
            }
        }
    }

    /// <summary>Makes a table known, without asking the database unless the definitions of silos differ.</summary>
    /// <exception cref="TableDefinitionMismatchException">Another silo has registered it with another storage.</exception>
    public async Task RegisterAsync(TableParts parts, CancellationToken cancellationToken)
    {
        await Table.WaitForReadyAsync(cancellationToken);
        var known = await RegisterAsync(parts.Definition, cancellationToken);
        if (known.Declared == parts.Definition.Storage)
        {
            return;
        }

        try
        {
            await ResolveAsync(parts, cancellationToken);
        }
        catch (LogUnavailableException)
        {
            Require(parts.Definition, known);
        }
    }

    private async Task<TableStorage> RegisterAsync(PersistentTableDefinition definition, CancellationToken cancellationToken)
    {
        if (Find(definition.Name) is { } known)
        {
            return known;
        }

        var own = new TableStorage { Declared = definition.Storage, Definition = definition.Describe(), Silo = Self };
        return (await Table.InsertNewOrLookupAsync(definition.Name, own, cancellationToken)).Record;
    }

    private void Require(PersistentTableDefinition definition, TableStorage known)
    {
        if (!known.IsChanged && known.Declared != definition.Storage)
        {
            throw new TableDefinitionMismatchException(
                definition.Name, Self, definition.Describe(), known.Silo, known.Definition);
        }
    }

    private async Task WaitUntilKnownAsync(string table, CancellationToken cancellationToken)
    {
        await Table.WaitForReadyAsync(cancellationToken);
        while (Find(table)?.Effective is null)
        {
            await Task.Delay(LookAgainPeriod, time, cancellationToken);
        }
    }

    [LoggerMessage(TablesEventId.StorageStored, LogLevel.Information,
        "Persistent table {Table}: its storage is {Stored}, as it was changed while the cluster ran; it is defined as {Declared}")]
    private static partial void LogStored(ILogger logger, string table, StorageType stored, StorageType declared);
}
