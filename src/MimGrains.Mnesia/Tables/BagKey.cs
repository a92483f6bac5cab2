using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// The key of one record of a bag: the key, and a digest of the record, by which the records of a key are told apart.
/// </summary>
/// <param name="Key">Key.</param>
/// <param name="Digest">The first half of the SHA-256 of the record's bytes.</param>
internal readonly record struct BagKey<TKey>(TKey Key, UInt128 Digest)
    where TKey : notnull
{
    public static UInt128 DigestOf(ReadOnlySpan<byte> record)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(record, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}

/// <summary>All records of one key of a bag.</summary>
/// <param name="key">Key.</param>
/// <param name="order">The order of the keys.</param>
internal readonly struct BagPrefix<TKey>(TKey key, IComparer<TKey> order) : IComparable<BagKey<TKey>>, IEquatable<BagPrefix<TKey>>
    where TKey : notnull
{
    private readonly TKey _key = key;

    public int CompareTo(BagKey<TKey> other) => order.Compare(_key, other.Key);

    public bool Equals(BagPrefix<TKey> other) => EqualityComparer<TKey>.Default.Equals(_key, other._key);

    public override bool Equals(object? obj) => obj is BagPrefix<TKey> other && Equals(other);

    public override int GetHashCode() => _key.GetHashCode();
}

/// <summary>Orders the records of a bag by their keys.</summary>
internal sealed class BagOrder<TKey>(IComparer<TKey> keys) : IComparer<BagKey<TKey>>
    where TKey : notnull
{
    public int Compare(BagKey<TKey> left, BagKey<TKey> right)
    {
        var byKey = keys.Compare(left.Key, right.Key);
        return byKey != 0 ? byKey : left.Digest.CompareTo(right.Digest);
    }
}

/// <summary>Writes the records of a bag: the key, and behind it 16 bytes of digest.</summary>
internal sealed class BagBytes<TKey, TRecord>(TableBytes<TKey, TRecord> table) : ITableCodec<BagKey<TKey>, TRecord>
    where TKey : notnull
    where TRecord : class
{
    public const int DigestBytes = 16;

    public string Name => table.Name;

    public void WriteKey(BagKey<TKey> key, IBufferWriter<byte> output)
    {
        table.WriteKey(key.Key, output);
        BinaryPrimitives.WriteUInt128BigEndian(output.GetSpan(DigestBytes), key.Digest);
        output.Advance(DigestBytes);
    }

    public BagKey<TKey> ReadKey(ReadOnlySpan<byte> bytes) => bytes.Length < DigestBytes
        ? throw new InvalidDataException($"A key of a bag has {bytes.Length} bytes, less than its digest alone.")
        : new(table.ReadKey(bytes[..^DigestBytes]), BinaryPrimitives.ReadUInt128BigEndian(bytes[^DigestBytes..]));

    public void WriteRecord(TRecord record, IBufferWriter<byte> output) => table.WriteRecord(record, output);

    public TRecord ReadRecord(ReadOnlySpan<byte> bytes) => table.ReadRecord(bytes);
}
