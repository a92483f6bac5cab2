using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>The bytes of requests, answers and stored states. Each begins with the version of its form.</summary>
/// <remarks>Reading throws <see cref="InvalidDataException"/> for anything that was not written here.</remarks>
public static class RegisterCodec
{
    private const byte FormVersion = 1;

    // Far above any list of nodes, operations or silos; what says more is not read.
    private const int MaxItems = 100_000;

    /// <summary>Encodes a request.</summary>
    public static byte[] Encode(RegisterRequest request) => Encode(writer =>
    {
        writer.Write((byte)request.Kind);
        Write(writer, request.Ballot);
        Write(writer, request.Next);
        Write(writer, request.Value);
        Write(writer, request.Heartbeats, Write);
    });

    /// <summary>Decodes a request.</summary>
    public static RegisterRequest DecodeRequest(ReadOnlyMemory<byte> bytes) => Decode("request", bytes, reader =>
        new RegisterRequest(
            ReadEnum<RequestKind>(reader),
            ReadBallot(reader),
            ReadBallot(reader),
            ReadValue(reader),
            ReadList(reader, ReadHeartbeat)));

    /// <summary>Encodes an answer.</summary>
    public static byte[] Encode(RegisterReply reply) => Encode(writer =>
    {
        writer.Write((byte)reply.Kind);
        Write(writer, reply.Ballot);
        writer.Write((byte)reply.Outcome);
        writer.Write(reply.Store);
        writer.Write(reply.IsLost);
        Write(writer, reply.Promised);
        Write(writer, reply.Accepted);
        Write(writer, reply.Value);
        Write(writer, reply.Listed, (inner, node) => inner.Write(node.Value));
        Write(writer, reply.Heartbeats, Write);
    });

    /// <summary>Decodes an answer.</summary>
    public static RegisterReply DecodeReply(ReadOnlyMemory<byte> bytes) => Decode("answer", bytes, reader =>
        new RegisterReply(
            ReadEnum<RequestKind>(reader),
            ReadBallot(reader),
            ReadEnum<RequestOutcome>(reader),
            reader.ReadUInt64(),
            reader.ReadBoolean(),
            ReadBallot(reader),
            ReadBallot(reader),
            ReadValue(reader),
            ReadList(reader, inner => new NodeName(inner.ReadString())),
            ReadList(reader, ReadHeartbeat)));

    /// <summary>Encodes what an acceptor stores.</summary>
    public static byte[] Encode(Acceptor acceptor) => Encode(writer =>
    {
        writer.Write(acceptor.Store);
        writer.Write(acceptor.IsLost);
        Write(writer, acceptor.Promised);
        Write(writer, acceptor.Accepted);
        Write(writer, acceptor.Value);
    });

    /// <summary>Decodes what an acceptor stored.</summary>
    public static Acceptor DecodeAcceptor(ReadOnlyMemory<byte> bytes) => Decode("stored state", bytes, reader =>
        new Acceptor(
            reader.ReadUInt64(), reader.ReadBoolean(), ReadBallot(reader), ReadBallot(reader), ReadValue(reader)));

    internal static byte[] Encode(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(FormVersion);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    internal static T Decode<T>(string what, ReadOnlyMemory<byte> bytes, Func<BinaryReader, T> read)
    {
        using var stream = new MemoryStream(bytes.ToArray(), writable: false);
        using var reader = new BinaryReader(stream);
        try
        {
            var version = reader.ReadByte();
            if (version != FormVersion)
            {
                throw new InvalidDataException(
                    $"A {what} of the register has form {version}; this program reads form {FormVersion}.");
            }

            var result = read(reader);
            return stream.Position == stream.Length
                ? result
                : throw new InvalidDataException(
                    $"A {what} of the register has {stream.Length - stream.Position} bytes too many.");
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException(
                $"A {what} of the register of {bytes.Length} bytes is cut off or damaged.", exception);
        }
    }

    internal static void Write<T>(BinaryWriter writer, IReadOnlyList<T> items, Action<BinaryWriter, T> write)
    {
        writer.Write7BitEncodedInt(items.Count);
        foreach (var item in items)
        {
            write(writer, item);
        }
    }

    internal static List<T> ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var count = reader.Read7BitEncodedInt();
        if (count is < 0 or > MaxItems)
        {
            throw new InvalidDataException(
                $"A list of {count} items is in the bytes of the register; at most {MaxItems} are allowed.");
        }

        var items = new List<T>();
        for (var index = 0; index < count; index++)
        {
            items.Add(read(reader));
        }

        return items;
    }

    private static T ReadEnum<T>(BinaryReader reader)
        where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), reader.ReadByte());
        return Enum.IsDefined(value) ? value : throw new InvalidDataException($"{value} is no {typeof(T).Name}.");
    }

    private static void Write(BinaryWriter writer, Ballot ballot)
    {
        writer.Write7BitEncodedInt64(ballot.Counter);
        writer.Write(ballot.Proposer);
    }

    private static Ballot ReadBallot(BinaryReader reader) => new(reader.Read7BitEncodedInt64(), reader.ReadString());

    private static void Write(BinaryWriter writer, Heartbeat heartbeat)
    {
        writer.Write(heartbeat.Silo);
        writer.Write(heartbeat.Ticks);
    }

    private static Heartbeat ReadHeartbeat(BinaryReader reader) => new(reader.ReadString(), reader.ReadInt64());

    private static void Write(BinaryWriter writer, Member member)
    {
        writer.Write(member.Node.Value);
        writer.Write(member.Store);
    }

    private static Member ReadMember(BinaryReader reader) =>
        new(new NodeName(reader.ReadString()), reader.ReadUInt64());

    private static void Write(BinaryWriter writer, RegisterValue? value)
    {
        writer.Write(value is not null);
        if (value is null)
        {
            return;
        }

        writer.Write(value.Birth);
        writer.Write7BitEncodedInt64(value.Revision);
        writer.Write7BitEncodedInt64(value.Configuration.Number);
        Write(writer, value.Configuration.Members, Write);
        writer.Write(value.Configuration.Next is not null);
        Write(writer, value.Configuration.Next ?? [], Write);
        Write(writer, value.Operations, (inner, operation) =>
        {
            inner.Write(operation.Proposer);
            inner.Write7BitEncodedInt64(operation.Number);
        });
        writer.Write7BitEncodedInt(value.Content.Length);
        writer.Write(value.Content.Span);
    }

    private static RegisterValue? ReadValue(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return null;
        }

        var birth = reader.ReadUInt64();
        var (revision, number) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
        var members = ReadList(reader, ReadMember);
        var isChanging = reader.ReadBoolean();
        var next = ReadList(reader, ReadMember);
        var operations = ReadList(
            reader, inner => new OperationId(inner.ReadString(), inner.Read7BitEncodedInt64()));
        var configuration = new Configuration(number, members, isChanging ? next : null);
        return new RegisterValue(birth, revision, configuration, operations, ReadContent(reader));
    }

    private static byte[] ReadContent(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        var content = length < 0 ? [] : reader.ReadBytes(length);
        return content.Length == length
            ? content
            : throw new EndOfStreamException($"{length} bytes of content are not there.");
    }
}
