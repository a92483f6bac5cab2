using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>A row of the log of a fragment in memory: the value of an internal replicated table.</summary>
/// <param name="Content">As <see cref="Core.Transactions.LogRowCodec"/> wrote it.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.ram-log-row")]
internal sealed record RamLogRow([property: Id(0)] byte[] Content)
{
    public const string TableName = "mnesia$log";

    public static TableDefinition<string, RamLogRow> Table { get; } = new(TableName) { NodeDown = NodeDownRule.Keep };
}
