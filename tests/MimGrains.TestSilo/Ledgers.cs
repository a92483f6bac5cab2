using MimGrains.Persistent;

namespace MimGrains.TestSilo;

/// <summary>An account that names who wrote it: the order of its versions can be read from it.</summary>
/// <param name="Balance">What is in it.</param>
/// <param name="Number">1 for its first version, then one more with each.</param>
/// <param name="Writers">The transactions that wrote this version and those before, the last one first.</param>
[GenerateSerializer, Immutable, Alias("test.account")]
public sealed record Account([property: Id(0)] long Balance, [property: Id(1)] long Number, [property: Id(2)] string[] Writers)
{
    /// <summary>As many as can be written by transactions of which nobody has heard the end, one after another.</summary>
    public const int WritersMost = 40;

    /// <summary>Returns what follows when a transaction changes it.</summary>
    public static Account Next(Account? before, string writer, long amount) => new(
        (before?.Balance ?? 0) + amount, (before?.Number ?? 0) + 1, [writer, .. (before?.Writers ?? []).Take(WritersMost - 1)]);
}

/// <summary>The tables of accounts, one for each kind of storage.</summary>
public static class Ledgers
{
    public static IReadOnlyList<PersistentTableDefinition<string, Account>> All { get; } =
    [
        .. new[] { StorageType.Ram, StorageType.Disc, StorageType.DiscOnly }.Select(storage =>
            new PersistentTableDefinition<string, Account>(NameOf(storage)) { Storage = storage, Fragments = 3 }),
    ];

    public static string NameOf(StorageType storage) => $"accounts-{storage}".ToLowerInvariant();

    public static PersistentTableDefinition<string, Account> Of(StorageType storage) => All.Single(table => table.Storage == storage);
}
