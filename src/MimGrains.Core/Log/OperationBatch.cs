using System.Buffers.Binary;
using MimGrains.Core.Identity;

namespace MimGrains.Core.Log;

/// <summary>
/// Consecutive writes of one origin to one table, as they go over the wire. With <see cref="Count"/> 0 it only brings the
/// origin's clock.
/// </summary>
/// <remarks>Immutable, apart from whoever made <see cref="Segments"/> promising not to change those bytes.</remarks>
public sealed class OperationBatch
{
    /// <summary>Returns the silo incarnation that issued the writes.</summary>
    public required ReplicaId Origin { get; init; }

    /// <summary>Returns the sequence number of the first write; the others follow without a gap.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Returns how many writes there are.</summary>
    public required int Count { get; init; }

    /// <summary>Returns a promise: every write of the origin up to this time has a number up to <see cref="LastSequence"/>.</summary>
    /// <value>Microseconds of the hybrid logical clock.</value>
    public required long ClockMicros { get; init; }

    /// <summary>Returns the number up to which every replica has applied the origin's writes.</summary>
    public required long StableSequence { get; init; }

    /// <summary>Returns the origin's first leader operation that it has no answer to; older ones are never asked for again.</summary>
    public long FirstOpenCall { get; init; }

    /// <summary>Returns the dead incarnations whose writes the origin has levelled with the other survivors.</summary>
    public IReadOnlyList<ReplicaId> Levelled { get; init; } = [];

    /// <summary>Returns the encoded writes.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Segments { get; init; }

    /// <summary>Returns the number of the last write; <see cref="FirstSequence"/> - 1 if there is none.</summary>
    public long LastSequence => FirstSequence + Count - 1;

    /// <summary>Returns the bytes of all segments.</summary>
    public long SizeBytes
    {
        get
        {
            var size = 0L;
            foreach (var segment in Segments)
            {
                size += segment.Length;
            }

            return size;
        }
    }

    /// <summary>Whether this batch holds all writes of another one of the same origin.</summary>
    internal bool Covers(OperationBatch other) =>
        FirstSequence <= other.FirstSequence && LastSequence >= other.LastSequence;

    /// <summary>Enumerates the writes.</summary>
    internal IEnumerable<Operation> Operations()
    {
        var sequence = FirstSequence;
        foreach (var segment in Segments)
        {
            var rest = segment;
            while (rest.Length > 0)
            {
                yield return Operation.Read(sequence++, ref rest);
            }
        }

        if (sequence != FirstSequence + Count)
        {
            throw new InvalidDataException(
                $"A batch of {Origin} says it holds {Count} writes from {FirstSequence} on, but {sequence - FirstSequence} are in it.");
        }
    }
}

/// <summary>What an encoded write is.</summary>
[Flags]
internal enum OperationKind : byte
{
    Insert = 0,

    Delete = 1,

    /// <summary>A leader decided it for a caller: its body begins with a <see cref="DecisionNote"/>.</summary>
    Decision = 2,

    /// <summary>With <see cref="Decision"/>: the caller's condition did not hold, nothing is written.</summary>
    Lost = 4,

    All = Delete | Decision | Lost,
}

/// <summary>One encoded write: 4 bytes size of the body, 1 byte kind, 8 bytes time, body; all little-endian.</summary>
internal readonly record struct Operation(long Sequence, OperationKind Kind, long TimeMicros, ReadOnlyMemory<byte> Body)
{
    public const int HeaderBytes = 13;

    public bool IsDelete => (Kind & OperationKind.Delete) != 0;

    public bool IsDecision => (Kind & OperationKind.Decision) != 0;

    public static void WriteHeader(Span<byte> target, OperationKind kind, long timeMicros, int bodyBytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, bodyBytes);
        target[4] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(target[5..], timeMicros);
    }

    public static long ReadTime(ReadOnlySpan<byte> operation) => BinaryPrimitives.ReadInt64LittleEndian(operation[5..]);

    public static Operation Read(long sequence, ref ReadOnlyMemory<byte> rest)
    {
        var span = rest.Span;
        var bodyBytes = span.Length < HeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(span);
        if (bodyBytes < 0 || bodyBytes > span.Length - HeaderBytes || span[4] > (byte)OperationKind.All)
        {
            throw new InvalidDataException($"Write {sequence} of a batch is cut off or not a write ({span.Length} bytes left).");
        }

        var operation = new Operation(sequence, (OperationKind)span[4], ReadTime(span), rest.Slice(HeaderBytes, bodyBytes));
        rest = rest[(HeaderBytes + bodyBytes)..];
        return operation;
    }
}
