namespace MimGrains.Tables;

/// <summary>Some records of a scan, and how it goes on.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
/// <param name="Entries">The records, in the order of the scan.</param>
/// <param name="Continuation">
/// Where the next page begins, to be given to the same scan on this or any other silo, at any time later; null when there is
/// nothing more. Printable, safe in a URL; holds the last key.
/// </param>
[GenerateSerializer, Immutable, Alias("mimgrains.table-page`2")]
public sealed record TablePage<TKey, TRecord>(
    [property: Id(0)] IReadOnlyList<TableEntry<TKey, TRecord>> Entries,
    [property: Id(1)] string? Continuation)
    where TKey : notnull
    where TRecord : class;
