using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

/// <summary>Holds the persistent tables of this silo.</summary>
internal sealed class PersistentTables(TableRegistry registry, TableCatalog catalog, TableLoader loader, TimeProvider time, IServiceProvider services)
    : IPersistentTables
{
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, object> _tables = new(StringComparer.Ordinal);

    // Not before it is needed: what runs transactions needs the tables itself.
    private readonly Lazy<ITransactions> _transactions = new(services.GetRequiredService<ITransactions>);

    public IReadOnlyList<string> Names => registry.Names;

    public IPersistentTable<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class
    {
        var parts = registry.Get<TKey, TRecord>(name);
        return (IPersistentTable<TKey, TRecord>)_tables.GetOrAdd(name, _ => new PersistentTable<TKey, TRecord>(
            parts.Definition, parts.TypedCopyIn(catalog), loader.Of(name), _transactions));
    }

    public async Task WaitForTablesAsync(
        IReadOnlyCollection<string>? names = null,
        TimeSpan? timeout = null,
        IProgress<TableLoadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var loads = (names ?? registry.Names).Select(registry.Get)
            .Select(parts => loader.Of(parts.Definition.Name)).OrderBy(load => load.Definition.Name, StringComparer.Ordinal).ToList();
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

    private static TableLoadProgress ProgressOf(List<TableLoad> loads) => new(
        [.. loads.Where(load => load.IsLoaded).Select(load => load.Definition.Name)],
        [.. loads.Where(load => !load.IsLoaded).Select(load => load.Definition.Name)]);
}
