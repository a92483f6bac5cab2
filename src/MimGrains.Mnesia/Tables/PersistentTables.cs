using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

/// <summary>Holds the persistent tables of this silo.</summary>
internal sealed partial class PersistentTables(
    TableRegistry registry,
    TableCatalog catalog,
    SchemaChanges changes,
    TableStorages storages,
    SystemEvents events,
    TimeProvider time,
    IServiceProvider services) : IPersistentTables
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(10);

    private readonly ConditionalWeakTable<TableParts, object> _tables = [];

    // Not before it is needed: what runs transactions needs the tables itself.
    private readonly Lazy<ITransactions> _transactions = new(services.GetRequiredService<ITransactions>);
    private readonly Lazy<IFragmentLoader> _fragments = new(services.GetRequiredService<IFragmentLoader>);
    private readonly Lazy<IStorageChanger> _storageChanger = new(services.GetRequiredService<IStorageChanger>);

    public IReadOnlyList<string> Names => registry.Names;

    public IPersistentTable<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class
    {
        var parts = registry.Get<TKey, TRecord>(name);
        return (IPersistentTable<TKey, TRecord>)_tables.GetValue(
            parts, _ => new PersistentTable<TKey, TRecord>(parts, catalog, _transactions, _fragments));
    }

    public async Task WaitForTablesAsync(
        IReadOnlyCollection<string>? names = null,
        TimeSpan? timeout = null,
        IProgress<TableLoadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var loads = (names ?? registry.Names).Select(registry.Get)
            .Select(parts => parts.Load).OrderBy(load => load.Definition.Name, StringComparer.Ordinal).ToList();
        using var late = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (true)
            {
                progress?.Report(ProgressOf(loads));
                var waiting = loads.Where(load => !load.IsLoaded).Select(load => load.Loaded).ToList();
                if (waiting.Count == 0)
                {
                    return;
                }

                await await Task.WhenAny(waiting.Append(Task.Delay(ProgressPeriod, time, end.Token)));
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var missing = loads.Where(load => !load.IsLoaded).Select(load => $"{load.Definition.Name} ({load.Problem ?? "on its way"})");
            throw new TimeoutException(
                $"These persistent tables are not loaded after {timeout!.Value.TotalMilliseconds:0} ms: {string.Join(", ", missing)}.");
        }
    }

    public IAsyncEnumerable<SystemEvent> WatchSystemAsync(CancellationToken cancellationToken = default) =>
        events.WatchAsync(cancellationToken);

    private static TableLoadProgress ProgressOf(List<TableLoad> loads) => new(
        [.. loads.Where(load => load.IsLoaded).Select(load => load.Definition.Name)],
        [.. loads.Where(load => !load.IsLoaded).Select(load => load.Definition.Name)]);
}
