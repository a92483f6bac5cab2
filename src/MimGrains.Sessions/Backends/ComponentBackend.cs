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

internal sealed class ComponentBackend(
    [FromKeyedServices(ComponentBackend.Name)] IBackendStore<ComponentKey, Component> table) : IComponentBackend
{
    public const string Name = "external_component";

    private static readonly TableIndex<ComponentKey, Component, string> s_byDomain = new("domain", static (key, _) => key.Domain);

    public static BackendTable<ComponentKey, Component> Table { get; } = new(Name, static (key, _) => key.Silo, indexes: s_byDomain);

    public async ValueTask RegisterAsync(IReadOnlyList<Component> components, CancellationToken cancellationToken = default)
    {
        var rows = Checked(components).ConvertAll(component => new TableEntry<ComponentKey, Component>(KeyOf(component), component));
        if (await table.InsertAllNewAsync(rows, cancellationToken).ConfigureAwait(false) is { } taken)
        {
            throw new ComponentExistsException(rows[taken].Key.Domain, rows[taken].Key.Silo);
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
        new([.. table.Lookup(s_byDomain, JidPart.Server(domain, nameof(domain))).Select(entry => entry.Record)]);

    public ValueTask<IReadOnlyList<Component>> GetAllAsync(
        bool includeHidden = true, CancellationToken cancellationToken = default) =>
        new([.. table.All().Select(entry => entry.Record).Where(component => includeHidden || !component.IsHidden)]);

    private static List<Component> Checked(IReadOnlyList<Component> components)
    {
        ArgumentNullException.ThrowIfNull(components);
        return [.. components.Select(component =>
            component with { Domain = JidPart.Server(component.Domain, nameof(component.Domain)) })];
    }

    private static ComponentKey KeyOf(Component component) => new(component.Domain, component.Handler.Silo);
}
