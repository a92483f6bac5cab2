namespace MimGrains.Tables;

/// <summary>Stands for the writes of one silo up to some moment: by it, other silos can be asked to show them.</summary>
/// <param name="Silo">The silo that issued the writes; null in a token of nothing.</param>
/// <param name="Sequence">The number of its last write.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.write-token")]
public readonly record struct WriteToken([property: Id(0)] string? Silo, [property: Id(1)] long Sequence);
