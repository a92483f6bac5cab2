using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

// An entry comes -> table or index added here -> a mark says so. An entry goes -> table or index removed here -> the mark goes.
/// <summary>Does on this silo what the schema table says, one entry after another.</summary>
internal sealed partial class SchemaWatcher(
    TableRegistry registry,
    TableCatalog catalog,
    TableLoader loader,
    ITableOperator tables,
    SystemEvents events,
    ILocalSiloDetails self,
    ILogger<SchemaWatcher> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the replicated tables, which join a little after Active; before the persistent ones are loaded.
    private const int Stage = ServiceLifecycleStage.Active + 150;

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    private IReplicatedTable<string, SchemaEntry> Schema => catalog.Get<string, SchemaEntry>(SchemaTables.Schema.Name);

    private IReplicatedTable<SchemaMark, SchemaResult> Marks => catalog.Get<SchemaMark, SchemaResult>(SchemaTables.Marks.Name);

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(SchemaWatcher),
        Stage,
        cancellationToken =>
        {
            _running = Task.Run(WatchAsync, cancellationToken);
            return Task.CompletedTask;
        },
        async cancellationToken =>
        {
            await _stopping.CancelAsync();
            await _running.WaitAsync(cancellationToken);
        });

    public void Dispose() => _stopping.Dispose();

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var change in Schema.WatchAsync(cancellationToken: _stopping.Token))
            {
                // A table comes with its name, before its indexes; an index that is listed before its table has been tried in vain then.
                if (change.Old is { } gone && change.New is null)
                {
                    await TryAsync(gone, RemoveAsync, isRemoved: true);
                }
                else if (change.New is { } entry)
                {
                    await TryAsync(entry, AddAsync, isRemoved: false);
                }
            }
        }
        catch (Exception exception) when (_stopping.IsCancellationRequested || exception is TableUnavailableException)
        {
            // The silo stops.
        }
    }

    private async Task TryAsync(SchemaEntry entry, Func<SchemaEntry, Task> action, bool isRemoved)
    {
        string? problem = null;
        try
        {
            await action(entry);
            events.Tell(isRemoved ? SystemEventKind.SchemaRemoved : SystemEventKind.SchemaAdded, entry.Table, detail: entry.Index ?? "");
            LogDone(_logger, entry.Key, isRemoved ? "removed" : "added");
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            problem = exception.Message;
            LogFailed(_logger, exception, entry.Key, isRemoved ? "removed" : "added");
        }

        var mark = new SchemaMark(entry.Key, self.SiloAddress.ToParsableString());
        await (isRemoved && problem is null
            ? Marks.DeleteAsync(mark, _stopping.Token)
            : Marks.InsertAsync(mark, new SchemaResult(problem), _stopping.Token));
    }

    private async Task AddAsync(SchemaEntry entry)
    {
        if (entry.Index is { } property)
        {
            await registry.Get(entry.Table).AddIndexAsync(catalog, property, _stopping.Token);
            return;
        }

        var definition = entry.ToDefinition();
        if (registry.Find(entry.Table) is { } there)
        {
            if (there.Definition.Describe() != definition.Describe())
            {
                throw new ArgumentException($"This silo has {there.Definition.Describe()}, not {definition.Describe()}.");
            }

            return;
        }

        definition.Validate();
        var parts = registry.Make(definition);
        await parts.AddCopyAsync(tables, _stopping.Token);
        registry.Add(parts);
        loader.Begin(parts);
    }

    private async Task RemoveAsync(SchemaEntry entry)
    {
        if (registry.Find(entry.Table) is not { } parts)
        {
            return;
        }

        if (entry.Index is { } property)
        {
            parts.DropIndex(catalog, property);
            return;
        }

        // Whoever waits for it finds it gone from the names.
        registry.Remove(parts);
        parts.Load.Remove();
        await tables.RemoveAsync(parts.CopyDefinition.Name, _stopping.Token);
    }

    [LoggerMessage(TablesEventId.SchemaChanged, LogLevel.Information, "Persistent tables: {Entry} is {Change} on this silo")]
    private static partial void LogDone(ILogger logger, string entry, string change);

    [LoggerMessage(TablesEventId.SchemaNotChanged, LogLevel.Error, "Persistent tables: {Entry} cannot be {Change} on this silo")]
    private static partial void LogFailed(ILogger logger, Exception reason, string entry, string change);
}
