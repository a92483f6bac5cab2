namespace MimGrains.Tables;

/// <summary>A key and its record.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.table-entry`2")]
public readonly record struct TableEntry<TKey, TRecord>([property: Id(0)] TKey Key, [property: Id(1)] TRecord Record);
