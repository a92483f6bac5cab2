using System.Buffers;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>
/// How sessions travel between silos. Key: server, user, resource, time (varint), silo. Record: flags, then what they announce.
/// A string is its size in bytes (varint) and its UTF-8 form. No type or field is described.
/// </summary>
internal sealed class SessionCodec : ITableCodec<SessionKey, SessionRecord>
{
    private const byte HasPriority = 1;
    private const byte HasInfo = 2;
    private const byte HasTarget = 4;

    public string Name => "session/2";

    public void WriteKey(SessionKey key, IBufferWriter<byte> output)
    {
        var writer = new CompactWriter(output);
        writer.WriteText(key.Server);
        writer.WriteText(key.User);
        writer.WriteText(key.Resource);
        writer.WriteNumber((ulong)key.Id.TimestampMicros);
        writer.WriteText(key.Id.Silo);
    }

    public SessionKey ReadKey(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var server = reader.ReadSharedText();
        var user = reader.ReadText();
        var resource = reader.ReadText();
        var time = (long)reader.ReadNumber();
        var key = new SessionKey(server, user, resource, new SessionId(time, reader.ReadSharedText()));
        reader.End();
        return key;
    }

    public void WriteRecord(SessionRecord record, IBufferWriter<byte> output)
    {
        var writer = new CompactWriter(output);
        writer.WriteByte((byte)((record.Priority is null ? 0 : HasPriority) | (record.Info is null ? 0 : HasInfo)
            | (record.Target is null ? 0 : HasTarget)));
        if (record.Priority is { } priority)
        {
            writer.WriteSignedNumber(priority);
        }

        writer.WriteText(record.Address);
        writer.WriteSignedNumber(record.Port);
        writer.WriteByte((byte)record.Connection);
        if (record.Target is { } target)
        {
            writer.WriteText(target);
        }

        if (record.Info is not { } info)
        {
            return;
        }

        writer.WriteNumber((ulong)info.Count);
        foreach (var (name, value) in info)
        {
            writer.WriteText(name);
            writer.WriteText(value);
        }
    }

    public SessionRecord ReadRecord(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var flags = reader.ReadByte();
        var record = new SessionRecord
        {
            Priority = (flags & HasPriority) != 0 ? reader.ReadSignedNumber() : null,
            Address = reader.ReadText(),
            Port = reader.ReadSignedNumber(),
            Connection = (ConnectionType)reader.ReadByte(),
            Target = (flags & HasTarget) != 0 ? reader.ReadText() : null,
            Info = (flags & HasInfo) != 0 ? ReadInfo(ref reader) : null,
        };
        reader.End();
        return record;
    }

    private static Dictionary<string, string> ReadInfo(ref CompactReader reader)
    {
        var info = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = reader.ReadNumber(); left > 0; left--)
        {
            var name = reader.ReadSharedText();
            info[name] = reader.ReadText();
        }

        return info;
    }
}
