namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>The order of keys in pages: byte by byte, unsigned.</summary>
internal static class KeyOrder
{
    public static int Compare(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        left.Span.SequenceCompareTo(right.Span);
}
