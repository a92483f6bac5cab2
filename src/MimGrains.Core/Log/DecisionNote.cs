using System.Buffers.Binary;
using System.Text;
using MimGrains.Core.Identity;

namespace MimGrains.Core.Log;

/// <summary>
/// What stands before the body of a write that a leader decided: 8 bytes number of the operation, 8 bytes number of the
/// caller's first operation that it has no answer to, 2 bytes size of the caller's id, the id in UTF-8; all little-endian.
/// </summary>
internal readonly record struct DecisionNote(OperationId Id, long FirstOpen)
{
    private const int FixedBytes = 18;

    /// <summary>The most bytes of a note whose caller has so long an id.</summary>
    public static int MaxBytes(ReplicaId caller) => FixedBytes + Encoding.UTF8.GetMaxByteCount(caller.Value.Length);

    /// <summary>Writes the note and returns its size.</summary>
    public int Write(Span<byte> target)
    {
        var idBytes = Encoding.UTF8.GetBytes(Id.Caller.Value, target[FixedBytes..]);
        BinaryPrimitives.WriteInt64LittleEndian(target, Id.Number);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], FirstOpen);
        BinaryPrimitives.WriteUInt16LittleEndian(target[16..], checked((ushort)idBytes));
        return FixedBytes + idBytes;
    }

    /// <summary>Takes the note off the body of a write.</summary>
    /// <exception cref="InvalidDataException">The body is too short.</exception>
    public static DecisionNote Take(ref ReadOnlyMemory<byte> body)
    {
        var span = body.Span;
        var idBytes = span.Length < FixedBytes ? int.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(span[16..]);
        if (idBytes > span.Length - FixedBytes)
        {
            throw new InvalidDataException($"A decision of a leader is cut off ({span.Length} bytes).");
        }

        var caller = new ReplicaId(Encoding.UTF8.GetString(span.Slice(FixedBytes, idBytes)));
        var note = new DecisionNote(
            new OperationId(caller, BinaryPrimitives.ReadInt64LittleEndian(span)),
            BinaryPrimitives.ReadInt64LittleEndian(span[8..]));
        body = body[(FixedBytes + idBytes)..];
        return note;
    }
}
