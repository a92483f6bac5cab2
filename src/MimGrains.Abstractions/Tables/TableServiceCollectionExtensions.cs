using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Tables;

/// <summary>Registers replicated tables.</summary>
public static class TableServiceCollectionExtensions
{
    /// <summary>
    /// Adds a replicated table to this silo; the silo joins it when it starts. <see cref="IReplicatedTable{TKey,TRecord}"/> can
    /// be injected with the table's name as its key (<c>[FromKeyedServices("name")]</c>).
    /// </summary>
    /// <exception cref="ArgumentException">A table of that name was added before.</exception>
    public static IServiceCollection AddReplicatedTable<TKey, TRecord>(
        this IServiceCollection services,
        TableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(definition);
        if (services.Any(service => service.ImplementationInstance is TableDefinition other && other.Name == definition.Name))
        {
            throw new ArgumentException($"A table {definition.Name} was already added.", nameof(definition));
        }

        services.AddSingleton<TableDefinition>(definition);
        services.AddKeyedSingleton(
            definition.Name,
            (provider, _) => provider.GetRequiredService<ITableCatalog>().Get<TKey, TRecord>(definition.Name));
        return services;
    }

    /// <summary>
    /// Adds a replicated bag to this silo, as <see cref="AddReplicatedTable"/> adds a table. <see cref="IReplicatedBag{TKey,TRecord}"/>
    /// can be injected with the bag's name as its key.
    /// </summary>
    /// <exception cref="ArgumentException">A table or bag of that name was added before.</exception>
    public static IServiceCollection AddReplicatedBag<TKey, TRecord>(
        this IServiceCollection services,
        BagDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : notnull
    {
        ArgumentNullException.ThrowIfNull(definition);
        services.AddReplicatedTable(definition.Table);
        return services.AddKeyedSingleton(
            definition.Table.Name, (provider, _) => provider.GetRequiredService<ITableCatalog>().GetBag(definition));
    }
}
