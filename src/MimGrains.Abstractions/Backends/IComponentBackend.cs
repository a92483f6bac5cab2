namespace MimGrains.Backends;

/// <summary>An external component (XEP-0114): who serves a domain.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Handler">Its connection.</param>
/// <param name="IsHidden">Whether service discovery leaves it out.</param>
/// <param name="IsSubdomain">Whether it serves a subdomain of this server.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.component")]
public sealed record Component(
    [property: Id(0)] string Domain,
    [property: Id(1)] ConnectionRef Handler,
    [property: Id(2)] bool IsHidden = false,
    [property: Id(3)] bool IsSubdomain = false);

/// <summary>External components: <c>general.component_backend</c>.</summary>
/// <remarks>
/// Follows MongooseIM's <c>mongoose_component_backend</c>. A domain may be served on several silos, once on each. All members may
/// be called from any thread.
/// </remarks>
public interface IComponentBackend
{
    /// <summary>Registers components, all or none.</summary>
    /// <exception cref="ComponentExistsException">One of the domains is served on that silo already.</exception>
    ValueTask RegisterAsync(IReadOnlyList<Component> components, CancellationToken cancellationToken = default);

    /// <summary>Removes components; those that are not there are no error. Those of a dead silo go by themselves.</summary>
    ValueTask UnregisterAsync(IReadOnlyList<Component> components, CancellationToken cancellationToken = default);

    /// <summary>Returns who serves a domain, ascending by silo.</summary>
    ValueTask<IReadOnlyList<Component>> LookupAsync(string domain, CancellationToken cancellationToken = default);

    /// <summary>Returns all components, ascending by domain and silo.</summary>
    /// <param name="includeHidden">Whether hidden ones count.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<Component>> GetAllAsync(bool includeHidden = true, CancellationToken cancellationToken = default);
}

/// <summary>A domain is served by another component on the same silo.</summary>
[GenerateSerializer, Alias("mimgrains.component-exists")]
public sealed class ComponentExistsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ComponentExistsException(string domain, string silo)
        : base($"Domain {domain} is served by another component on {silo}.") => Domain = domain;

    /// <summary>Returns the domain.</summary>
    [Id(0)]
    public string Domain { get; }
}
