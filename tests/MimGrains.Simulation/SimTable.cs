using System.Buffers;
using System.Text;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Simulation;

internal readonly record struct SimKey(int Group, int Number) : IComparable<SimKey>
{
    public int CompareTo(SimKey other) => Group != other.Group ? Group.CompareTo(other.Group) : Number.CompareTo(other.Number);

    public override string ToString() => $"{Group}/{Number}";
}

internal readonly record struct SimGroup(int Group) : IComparable<SimKey>
{
    public int CompareTo(SimKey other) => Group.CompareTo(other.Group);

    public override int GetHashCode() => Group;
}

/// <summary>Who owns a record, and what becomes of it when the owner dies.</summary>
internal enum TableKind
{
    OwnedByWriter,
    OwnedByRecord,
    KeptForEver,
    MergedOwnedByRecord,
    MergedKept,
}

internal static partial class SimTable
{
    /// <summary>The numbers of keys that only leaders write, apart from those of plain writes.</summary>
    public const int LeaderKeysFrom = 1_000_000;

    public static TableSchema<SimKey, string> Schema(
        TableKind kind, Func<string, string, string>? resolve = null, bool expires = false) => new()
    {
        Order = Comparer<SimKey>.Default,
        PrefixIndex = (typeof(SimGroup), key => new SimGroup(key.Group).GetHashCode()),
        OwnerOf = kind is TableKind.OwnedByRecord or TableKind.MergedOwnedByRecord ? (_, record) => OwnerOf(record) : null,
        KeepWhenOwnerDies = kind is TableKind.KeptForEver or TableKind.MergedKept,
        TimeToLive = expires ? TimeToLiveOf : null,
        Resolve = IsMerged(kind) ? (_, left, right) => (resolve ?? Resolve)(left, right) : null,
    };

    /// <summary>Where records expire, a third of them does; but not those that only leaders write.</summary>
    public static TimeSpan? TimeToLiveOf(SimKey key, string record) =>
        key.Number < LeaderKeysFrom && NumberOf(record) % 3 == 0 ? TimeSpan.FromMilliseconds(40) : null;

    /// <summary>Records are "owner|number"; the number is never used twice.</summary>
    public static string OwnerOf(string record) => record[..record.IndexOf('|', StringComparison.Ordinal)];
}

internal readonly struct SelectBoth : IEntrySelector<SimKey, string, KeyValuePair<SimKey, string>>
{
    public static KeyValuePair<SimKey, string> Select(SimKey key, string record) => new(key, record);
}

internal sealed class SimCodec : IOperationCodec<SimKey, string>
{
    public static byte[] Bytes(SimKey key, string? record) => Encoding.UTF8.GetBytes($"{key.Group}/{key.Number}={record}");

    /// <summary>Called with the key of every delete that is encoded.</summary>
    public Action<SimKey>? Deleting { get; set; }

    public void Encode(SimKey key, string? record, IBufferWriter<byte> output)
    {
        if (record is null)
        {
            Deleting?.Invoke(key);
        }

        output.Write(Bytes(key, record));
    }

    public void Decode(ReadOnlyMemory<byte> body, bool isDelete, out SimKey key, out string? record)
    {
        var text = Encoding.UTF8.GetString(body.Span);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        key = new SimKey(int.Parse(text[..slash], null), int.Parse(text[(slash + 1)..equals], null));
        record = isDelete ? null : text[(equals + 1)..];
    }
}
