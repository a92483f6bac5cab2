using System.Buffers.Binary;
using MimGrains.Core.Log;

namespace MimGrains.Simulation;

internal static partial class SimTable
{
    private const int Prime = 1_000_003;

    /// <summary>Makes one record of two: symmetric, and not associative on purpose, so that the order of the siblings shows.</summary>
    public static string Resolve(string left, string right)
    {
        var owner = string.CompareOrdinal(OwnerOf(left), OwnerOf(right)) < 0 ? OwnerOf(left) : OwnerOf(right);
        var sum = (NumberOf(left) + NumberOf(right)) % Prime;
        return $"{owner}|{sum * sum % Prime}";
    }

    public static bool IsMerged(TableKind kind) => kind is TableKind.MergedOwnedByRecord or TableKind.MergedKept;

    private static long NumberOf(string record) => long.Parse(record[(record.IndexOf('|', StringComparison.Ordinal) + 1)..], null);
}

/// <summary>Breaks the writes of tables that merge.</summary>
internal static class ReplacedDotsFault
{
    /// <summary>Returns the batch with what its writes replaced made unknown: numbers that no write has.</summary>
    public static OperationBatch Forget(OperationBatch batch) => new()
    {
        Origin = batch.Origin,
        FirstSequence = batch.FirstSequence,
        Count = batch.Count,
        ClockMicros = batch.ClockMicros,
        StableSequence = batch.StableSequence,
        Levelled = batch.Levelled,
        Segments = [.. batch.Segments.Select(segment => (ReadOnlyMemory<byte>)Forget(segment.ToArray()))],
    };

    private static byte[] Forget(byte[] segment)
    {
        for (var at = 0; at < segment.Length;)
        {
            var end = at + 13 + BinaryPrimitives.ReadInt32LittleEndian(segment.AsSpan(at));
            var dot = at + 15;
            for (var left = BinaryPrimitives.ReadUInt16LittleEndian(segment.AsSpan(at + 13)); left > 0; left--)
            {
                dot += 2 + BinaryPrimitives.ReadUInt16LittleEndian(segment.AsSpan(dot));
                BinaryPrimitives.WriteInt64LittleEndian(segment.AsSpan(dot), 0);
                dot += 8;
            }

            at = end;
        }

        return segment;
    }
}
