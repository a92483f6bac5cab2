using System.Security.Cryptography;

namespace MimGrains.Clustering.NodeList;

/// <summary>Whose state a file holds.</summary>
internal sealed record AcceptorHeader(string Cluster, string Node);

// magic (8) | version (1) | cluster | node | state | SHA-256 of all before (32)
/// <summary>The bytes of the file with a node's state.</summary>
internal static class AcceptorFormat
{
    private const byte Version = 1;
    private const int TextMaxBytes = 4 * 1_024;

    private static ReadOnlySpan<byte> Magic => "MIMGRDS\n"u8;

    /// <summary>Returns the whole file.</summary>
    public static byte[] Write(AcceptorHeader header, ReadOnlySpan<byte> state)
    {
        var writer = new WireWriter();
        writer.WriteFixed(Magic);
        writer.WriteByte(Version);
        writer.WriteText(header.Cluster);
        writer.WriteText(header.Node);
        writer.WriteFixed(state);
        writer.WriteFixed(SHA256.HashData(writer.ToArray()));
        return writer.ToArray();
    }

    /// <summary>Returns the state in a file, or null and what is wrong with the file.</summary>
    public static byte[]? Read(ReadOnlySpan<byte> file, out AcceptorHeader? header, out string problem)
    {
        header = null;
        if (file.Length < Magic.Length + SHA256.HashSizeInBytes)
        {
            problem = $"is cut off, {file.Length} bytes are left";
            return null;
        }

        var content = file[..^SHA256.HashSizeInBytes];
        if (!content.StartsWith(Magic))
        {
            problem = "is no file of this program";
            return null;
        }

        if (!SHA256.HashData(content).AsSpan().SequenceEqual(file[^SHA256.HashSizeInBytes..]))
        {
            problem = "is damaged: its checksum is wrong";
            return null;
        }

        try
        {
            var reader = new WireReader(content[Magic.Length..]);
            var version = reader.ReadByte();
            if (version != Version)
            {
                problem = $"has format {version}; this version of MimGrains reads format {Version}";
                return null;
            }

            header = new AcceptorHeader(reader.ReadText(TextMaxBytes), reader.ReadText(TextMaxBytes));
            problem = "";
            return reader.ReadRest().ToArray();
        }
        catch (MalformedMessageException exception)
        {
            problem = $"is damaged: {exception.Message}";
            return null;
        }
    }
}
