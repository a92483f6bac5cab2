using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Hosting.Health;

/// <summary>Says which persistent tables this silo cannot read yet. A silo need not have any. Thread-safe.</summary>
internal sealed class LoadingTables(IServiceProvider services)
{
    // Not before it is asked for: to make the tables is work.
    private readonly Lazy<IPersistentTables?> _tables = new(services.GetService<IPersistentTables>);

    /// <summary>Returns which are not loaded, and what they wait for, in one line; null if all are.</summary>
    public string? Describe()
    {
        var loading = _tables.Value?.Names.Select(Describe).OfType<string>().ToList();
        return loading is { Count: > 0 } ? $"persistent tables that are not loaded yet: {string.Join("; ", loading)}" : null;
    }

    /// <summary>Completes when all that are there now are loaded. One that is deleted meanwhile is not waited for.</summary>
    /// <exception cref="TableDefinitionMismatchException">Another silo defines a table differently.</exception>
    public Task WaitAsync(CancellationToken cancellationToken) => _tables.Value is not { } tables
        ? Task.CompletedTask
        : Task.WhenAll(tables.Names.Select(name => WaitAsync(tables, name, cancellationToken)));

    private static async Task WaitAsync(IPersistentTables tables, string name, CancellationToken cancellationToken)
    {
        try
        {
            await tables.WaitForTablesAsync([name], cancellationToken: cancellationToken);
        }
        catch (Exception exception) when (
            exception is NoSuchTableException or PersistentTableUnavailableException && !tables.Names.Contains(name))
        {
            // It was deleted.
        }
    }

    private string? Describe(string name)
    {
        try
        {
            var table = _tables.Value!.GetInfo(name);
            return table.IsLoaded ? null : $"{name} ({table.Problem ?? "on its way"})";
        }
        catch (NoSuchTableException)
        {
            return null; // It was deleted in this moment.
        }
    }
}
