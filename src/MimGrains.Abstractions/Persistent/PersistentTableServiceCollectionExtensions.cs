using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Persistent;

/// <summary>Registers persistent tables.</summary>
public static class PersistentTableServiceCollectionExtensions
{
    /// <summary>
    /// Adds a persistent table to this silo. <see cref="IPersistentTable{TKey,TRecord}"/> can be injected with the
    /// table's name as its
    /// key (<c>[FromKeyedServices("name")]</c>).
    /// </summary>
    /// <exception cref="ArgumentException">A persistent table of that name was added before.</exception>
    /// <exception cref="Tables.TableDefinitionException">The settings of the definition do not go together.</exception>
    public static IServiceCollection AddPersistentTable<TKey, TRecord>(
        this IServiceCollection services, PersistentTableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(definition);
        definition.Validate();
        if (services.Any(service => service.ImplementationInstance is PersistentTableDefinition other && other.Name == definition.Name))
        {
            throw new ArgumentException($"A persistent table {definition.Name} was already added.", nameof(definition));
        }

        services.AddSingleton<PersistentTableDefinition>(definition);
        return services.AddKeyedSingleton(
            definition.Name, (provider, _) => provider.GetRequiredService<IPersistentTables>().Get<TKey, TRecord>(definition.Name));
    }
}
