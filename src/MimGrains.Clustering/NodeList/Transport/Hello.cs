namespace MimGrains.Clustering.NodeList;

/// <summary>The first message of a handshake: who calls whom, in which cluster.</summary>
/// <param name="Version">What the caller speaks; see <see cref="CurrentVersion"/>.</param>
/// <param name="Cluster">The caller's cluster.</param>
/// <param name="Caller">The caller's node name.</param>
/// <param name="Callee">The name of the node that the caller means to call.</param>
/// <param name="Nonce">Fresh random bytes.</param>
internal sealed record Hello(byte Version, string Cluster, string Caller, string Callee, byte[] Nonce)
{
    /// <summary>What this version of MimGrains speaks.</summary>
    public const byte CurrentVersion = 1;

    // A cluster's name and a node's name may be in characters of up to four bytes.
    private const int ClusterMaxBytes = 4 * 128;
    private const int NameMaxBytes = 4 * NodeListParser.NameMaxLength;

    public void Write(WireWriter writer)
    {
        writer.WriteByte(Version);
        writer.WriteText(Cluster);
        writer.WriteText(Caller);
        writer.WriteText(Callee);
        writer.WriteFixed(Nonce);
    }

    /// <exception cref="MalformedMessageException">These bytes are no such message.</exception>
    public static Hello Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var version = reader.ReadByte();
        if (version != CurrentVersion)
        {
            // What follows may look different in another version.
            return new Hello(version, "", "", "", []);
        }

        var hello = new Hello(
            version,
            reader.ReadText(ClusterMaxBytes),
            reader.ReadText(NameMaxBytes),
            reader.ReadText(NameMaxBytes),
            reader.ReadFixed(Handshake.NonceBytes).ToArray());
        reader.End();
        return hello;
    }
}
