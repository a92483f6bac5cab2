using System.Text;
using MimGrains.Core.Membership;

namespace MimGrains.Simulation.Consensus;

/// <summary>What the register of a run holds: every operation that was done, in order, and the membership that they
/// made.</summary>
internal sealed record SimContent(IReadOnlyList<string> Done, MembershipTable Table)
{
    public static readonly SimContent Empty = new([], MembershipTable.Empty);

    public byte[] Encode()
    {
        var done = Encoding.UTF8.GetBytes(string.Join(',', Done));
        return [.. BitConverter.GetBytes(done.Length), .. done, .. Table.Encode()];
    }

    public static SimContent Decode(ReadOnlyMemory<byte> bytes)
    {
        var length = BitConverter.ToInt32(bytes.Span);
        var done = Encoding.UTF8.GetString(bytes.Span.Slice(4, length));
        return new(done.Length == 0 ? [] : done.Split(','), MembershipTable.Decode(bytes[(4 + length)..]));
    }
}
