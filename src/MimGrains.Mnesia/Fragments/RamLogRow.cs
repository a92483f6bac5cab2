using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>A row of the log of a fragment in memory: the value of an internal replicated table.</summary>
/// <param name="Content">As <see cref="Core.Transactions.LogRowCodec"/> wrote it, or a part of that.</param>
/// <param name="Parts">Not 0: the content is in so many records of their own.</param>
/// <param name="Tag">What their keys have to be told from those of earlier writers.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.ram-log-row")]
internal sealed record RamLogRow(
    [property: Id(0)] byte[] Content, [property: Id(1)] int Parts = 0, [property: Id(2)] long Tag = 0)
{
    public const string TableName = "mnesia$log";

    public static TableDefinition<string, RamLogRow> Table { get; } = new(TableName) { NodeDown = NodeDownRule.Keep };
}
