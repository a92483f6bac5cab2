using System.Buffers;

namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>
/// A page: entries ascending by key. Shape: (key length, key, 0 for deleted or record length + 1, record), over and over.
/// </summary>
internal sealed class Page
{
    private readonly StoredEntry[] _entries;

    private Page(StoredEntry[] entries, int sizeBytes) => (_entries, SizeBytes) = (entries, sizeBytes);

    public IReadOnlyList<StoredEntry> Entries => _entries;

    /// <summary>Bytes as stored.</summary>
    public int SizeBytes { get; }

    /// <exception cref="InvalidDataException">It is no page; the message says what is wrong with it.</exception>
    public static Page Read(ReadOnlyMemory<byte> content)
    {
        var entries = new StoredEntry[CountOf(content)];
        var reader = new ByteReader(content);
        for (var at = 0; at < entries.Length; at++)
        {
            entries[at] = Read(ref reader);
            if (at > 0 && KeyOrder.Compare(entries[at - 1].Key, entries[at].Key) >= 0)
            {
                throw new InvalidDataException($"its entry {at} is not in order");
            }
        }

        return new Page(entries, content.Length);
    }

    /// <summary>Adds an entry to a page that is being written.</summary>
    public static void Write(StoredEntry entry, IBufferWriter<byte> output)
    {
        output.WriteBytes(entry.Key.Span);
        if (entry.Record is { } record)
        {
            output.WriteNumber(record.Length + 1L);
            output.Write(record.Span);
        }
        else
        {
            output.WriteNumber(0);
        }
    }

    /// <summary>Returns the entries from a place on.</summary>
    public ArraySegment<StoredEntry> From(int place) => new(_entries, place, _entries.Length - place);

    /// <summary>Returns the place of the first entry whose key is not less.</summary>
    public int FirstFrom(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, _entries.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].Key.Span.SequenceCompareTo(key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Looks a key up.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out StoredEntry entry)
    {
        var place = FirstFrom(key);
        entry = place < _entries.Length ? _entries[place] : default;
        return place < _entries.Length && entry.Key.Span.SequenceEqual(key);
    }

    private static int CountOf(ReadOnlyMemory<byte> content)
    {
        var count = 0;
        for (var reader = new ByteReader(content); !reader.IsAtEnd; count++)
        {
            Read(ref reader);
        }

        return count;
    }

    private static StoredEntry Read(ref ByteReader reader)
    {
        var key = reader.ReadBytes();
        var recordLength = reader.ReadNumber();
        // A null of this type: without it, null would be bytes, of which there are none.
        return new StoredEntry(key, recordLength == 0 ? (ReadOnlyMemory<byte>?)null : reader.Read(recordLength - 1));
    }
}
