using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Backends;

/// <summary>A domain that is served on a silo.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.component-key")]
internal readonly record struct ComponentKey([property: Id(0)] string Domain, [property: Id(1)] string Silo)
    : IComparable<ComponentKey>
{
    public int CompareTo(ComponentKey other)
    {
        var order = string.CompareOrdinal(Domain, other.Domain);
        return order != 0 ? order : string.CompareOrdinal(Silo, other.Silo);
    }
}

/// <summary>All silos that serve a domain.</summary>
internal readonly record struct DomainPrefix(string Domain) : IComparable<ComponentKey>
{
    public int CompareTo(ComponentKey other) => string.CompareOrdinal(Domain, other.Domain);
}

internal sealed class CetsComponentBackend(
    [FromKeyedServices(CetsComponentBackend.Name)] IReplicatedTable<ComponentKey, Component> table) : IComponentBackend
{
    public const string Name = "external_component";

    public static TableDefinition<ComponentKey, Component> Definition { get; } = new TableDefinition<ComponentKey, Component>(Name)
    {
        OwnerOf = static (key, _) => key.Silo,
    }.WithPrefixIndex(static key => new DomainPrefix(key.Domain));

    public async ValueTask RegisterAsync(IReadOnlyList<Component> components, CancellationToken cancellationToken = default)
    {
        var prepared = Checked(components);
        List<Component> registered = [];
        try
        {
            foreach (var component in prepared)
            {
                if (!await table.InsertNewAsync(KeyOf(component), component, cancellationToken).ConfigureAwait(false))
                {
                    throw new ComponentExistsException(component.Domain, component.Handler.Silo);
                }

                registered.Add(component);
            }
        }
        catch
        {
            await UnregisterAsync(registered, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask UnregisterAsync(
        IReadOnlyList<Component> components, CancellationToken cancellationToken = default)
    {
        foreach (var component in Checked(components))
        {
            await table.CompareAndDeleteAsync(KeyOf(component), component, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask<IReadOnlyList<Component>> LookupAsync(string domain, CancellationToken cancellationToken = default) =>
        new([.. table.Scan(new DomainPrefix(JidPart.Server(domain, nameof(domain)))).Select(entry => entry.Record)]);

    public ValueTask<IReadOnlyList<Component>> GetAllAsync(
        bool includeHidden = true, CancellationToken cancellationToken = default) =>
        new([.. table.Dump().Select(entry => entry.Record).Where(component => includeHidden || !component.IsHidden)]);

    private static List<Component> Checked(IReadOnlyList<Component> components)
    {
        ArgumentNullException.ThrowIfNull(components);
        return [.. components.Select(component =>
            component with { Domain = JidPart.Server(component.Domain, nameof(component.Domain)) })];
    }

    private static ComponentKey KeyOf(Component component) => new(component.Domain, component.Handler.Silo);
}
