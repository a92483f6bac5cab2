using MimGrains.Core.Consensus;

namespace MimGrains.Core.Membership;

public sealed partial record MembershipTable
{
    /// <summary>Returns the table as bytes; they begin with the version of their form.</summary>
    public byte[] Encode() => RegisterCodec.Encode(writer =>
    {
        writer.Write7BitEncodedInt64(Version);
        RegisterCodec.Write(writer, Rows, Write);
        RegisterCodec.Write(writer, Nodes, Write);
        RegisterCodec.Write<Reservation>(writer, Reserved is { } reserved ? [reserved] : [], Write);
    });

    /// <summary>Returns the table that <see cref="Encode"/> made bytes of.</summary>
    /// <exception cref="InvalidDataException">They are none.</exception>
    public static MembershipTable Decode(ReadOnlyMemory<byte> bytes) =>
        RegisterCodec.Decode("membership table", bytes, reader => new MembershipTable(
            reader.Read7BitEncodedInt64(),
            RegisterCodec.ReadList(reader, ReadRow),
            RegisterCodec.ReadList(reader, ReadNode),
            ReadReserved(reader)));

    private static void Write(BinaryWriter writer, MembershipRow row)
    {
        writer.Write(row.Silo);
        writer.Write(row.Generation);
        writer.Write(row.Name);
        writer.Write(row.HostName);
        writer.Write7BitEncodedInt(row.Status);
        writer.Write(row.GatewayPort);
        writer.Write(row.Role);
        writer.Write(row.UpdateZone);
        writer.Write(row.FaultZone);
        writer.Write(row.StartTicks);
        writer.Write(row.AliveTicks);
        RegisterCodec.Write(writer, row.Suspicions, (inner, suspicion) =>
        {
            inner.Write(suspicion.By);
            inner.Write(suspicion.Ticks);
        });
        writer.Write7BitEncodedInt64(row.Version);
    }

    // In the order in which it was written: initialisers run from top to bottom.
    private static MembershipRow ReadRow(BinaryReader reader) => new()
    {
        Silo = reader.ReadString(),
        Generation = reader.ReadInt32(),
        Name = reader.ReadString(),
        HostName = reader.ReadString(),
        Status = reader.Read7BitEncodedInt(),
        GatewayPort = reader.ReadInt32(),
        Role = reader.ReadString(),
        UpdateZone = reader.ReadInt32(),
        FaultZone = reader.ReadInt32(),
        StartTicks = reader.ReadInt64(),
        AliveTicks = reader.ReadInt64(),
        Suspicions = RegisterCodec.ReadList(reader, inner => new Suspicion(inner.ReadString(), inner.ReadInt64())),
        Version = reader.Read7BitEncodedInt64(),
    };

    private static void Write(BinaryWriter writer, NumberedNode node)
    {
        writer.Write(node.Name);
        writer.Write7BitEncodedInt(node.Number);
        writer.Write(node.Address);
        writer.Write(node.GoneTicks ?? -1);
    }

    private static NumberedNode ReadNode(BinaryReader reader)
    {
        var (name, number, address, gone) =
            (reader.ReadString(), reader.Read7BitEncodedInt(), reader.ReadString(), reader.ReadInt64());
        return new NumberedNode(name, number, address, gone < 0 ? null : gone);
    }

    private static void Write(BinaryWriter writer, Reservation reserved)
    {
        writer.Write(reserved.Silo);
        writer.Write7BitEncodedInt64(reserved.Number);
    }

    private static Reservation? ReadReserved(BinaryReader reader)
    {
        var reserved = RegisterCodec.ReadList(
            reader, inner => new Reservation(inner.ReadString(), inner.Read7BitEncodedInt64()));
        return reserved.Count > 0 ? reserved[0] : null;
    }
}
