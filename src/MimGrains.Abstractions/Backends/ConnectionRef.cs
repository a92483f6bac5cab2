namespace MimGrains.Backends;

/// <summary>Something that lives on one silo, and goes with it: a connection, a room, a component's handler.</summary>
/// <param name="Silo">The silo, as <c>SiloAddress.ToParsableString()</c>. Registered by that silo itself.</param>
/// <param name="Id">Names it; a <c>GrainId</c>, if it is to be called. Not empty.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.connection-ref")]
public sealed record ConnectionRef([property: Id(0)] string Silo, [property: Id(1)] string Id);
