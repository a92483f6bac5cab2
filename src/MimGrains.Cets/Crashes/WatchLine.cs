using System.Buffers;
using System.Text;

namespace MimGrains.Cets.Crashes;

// dialer -> "MIMGRAINS-WATCH/1 cluster silo\n"; answer -> "MIMGRAINS-WATCH/1 cluster silo live\n", or dead: what membership
// says of the dialer. Then nothing more: the line stays open until one of the two ends.
/// <summary>
/// What is said on a line between two silos, on the silo port. No beginning of Orleans' own connections looks like it, and the
/// other way round: a silo that does not know lines takes its first four bytes for a length that is far too large.
/// </summary>
internal static class WatchLine
{
    public const int MaxBytes = 1_024;

    private const byte End = (byte)'\n';
    private const string Live = "live";
    private const string Dead = "dead";
    private static ReadOnlySpan<byte> Magic => "MIMGRAINS-WATCH/1 "u8;

    public static byte[] Hello(string clusterId, SiloAddress self) => Encode(clusterId, self, "");

    public static byte[] Answer(string clusterId, SiloAddress self, bool isDialerDead) =>
        Encode(clusterId, self, isDialerDead ? $" {Dead}" : $" {Live}");

    /// <summary>Whether these first bytes of a connection can be the begin of a line: all that are there match.</summary>
    public static bool CanBegin(in ReadOnlySequence<byte> bytes)
    {
        var expected = Magic;
        foreach (var segment in bytes)
        {
            var length = Math.Min(segment.Length, expected.Length);
            if (!segment.Span[..length].SequenceEqual(expected[..length]))
            {
                return false;
            }

            expected = expected[length..];
        }

        return true;
    }

    /// <summary>Returns where the text ends, behind its last byte; null if it has not arrived.</summary>
    public static SequencePosition? EndOf(in ReadOnlySequence<byte> bytes) =>
        bytes.PositionOf(End) is { } end ? bytes.GetPosition(1, end) : null;

    /// <summary>Reads a hello; null if it is none, or of another cluster.</summary>
    public static SiloAddress? ReadHello(in ReadOnlySequence<byte> text, string clusterId) =>
        Read(text, clusterId) is [var silo] ? ParseSilo(silo) : null;

    /// <summary>Reads an answer; null if it is none, or of another cluster.</summary>
    public static (SiloAddress Silo, bool IsDialerDead)? ReadAnswer(in ReadOnlySequence<byte> text, string clusterId) =>
        Read(text, clusterId) is [var silo, Live or Dead] words && ParseSilo(silo) is { } address
            ? (address, words[1] == Dead)
            : null;

    private static byte[] Encode(string clusterId, SiloAddress self, string status) =>
        [.. Magic, .. Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(clusterId)} {self.ToParsableString()}{status}"), End];

    // What stands behind the name of the cluster.
    private static string[]? Read(in ReadOnlySequence<byte> text, string clusterId)
    {
        if (!CanBegin(text) || text.Length <= Magic.Length)
        {
            return null;
        }

        var words = Encoding.ASCII.GetString(text.Slice(Magic.Length)).TrimEnd((char)End).Split(' ');
        return words[0] == Uri.EscapeDataString(clusterId) ? words[1..] : null;
    }

    private static SiloAddress? ParseSilo(string text)
    {
        try
        {
            return SiloAddress.FromParsableString(text);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
