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
        List<StoredEntry> entries = [];
        var reader = new ByteReader(content);
        while (!reader.IsAtEnd)
        {
            var key = reader.ReadBytes();
            var recordLength = reader.ReadNumber();
            // A null of this type: without it, null would be bytes, of which there are none.
            var entry = new StoredEntry(key, recordLength == 0 ? (ReadOnlyMemory<byte>?)null : reader.Read(recordLength - 1));
            if (entries.Count > 0 && KeyOrder.Compare(entries[^1].Key, key) >= 0)
            {
                throw new InvalidDataException($"its entry {entries.Count} is not in order");
            }

            entries.Add(entry);
        }

        return new Page([.. entries], content.Length);
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
}
