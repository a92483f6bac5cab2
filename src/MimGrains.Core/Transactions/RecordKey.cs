namespace MimGrains.Core.Transactions;

/// <summary>The encoded key of a record. Two are equal when their bytes are: the encoding must be canonical.</summary>
/// <remarks>Immutable, apart from whoever made it promising not to change the bytes.</remarks>
public readonly struct RecordKey(ReadOnlyMemory<byte> bytes) : IEquatable<RecordKey>, IComparable<RecordKey>
{
    private readonly int _hash = Hash(bytes.Span);

    /// <summary>Returns the bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public bool Equals(RecordKey other) => _hash == other._hash && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <summary>Compares by bytes, as unsigned numbers.</summary>
    public int CompareTo(RecordKey other) => Bytes.Span.SequenceCompareTo(other.Bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RecordKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexString(Bytes.Span);

    /// <inheritdoc cref="Equals(RecordKey)"/>
    public static bool operator ==(RecordKey left, RecordKey right) => left.Equals(right);

    /// <inheritdoc cref="Equals(RecordKey)"/>
    public static bool operator !=(RecordKey left, RecordKey right) => !left.Equals(right);

    // The same on every silo and in every run, other than HashCode's.
    private static int Hash(ReadOnlySpan<byte> bytes) => (int)Checksum.Of(bytes);
}
