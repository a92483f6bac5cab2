namespace MimGrains.Persistent;

/// <summary>A record that is a number: what <c>UpdateCounterAsync</c> counts with.</summary>
/// <param name="Value">The number.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.counter")]
public sealed record Counter([property: Id(0)] long Value);
