namespace MimGrains.Mnesia.Storage;

/// <summary>What is stored of a fragment when it is opened.</summary>
internal abstract class FragmentImage
{
    /// <summary>What the writer handed to the last compaction; empty if there was none.</summary>
    public abstract ReadOnlyMemory<byte> State { get; }

    /// <summary>The last row that is in the pages; replay begins behind it.</summary>
    public abstract long CompactedThrough { get; }

    /// <summary>At most how many records the pages hold: for progress.</summary>
    public abstract long MaxRecords { get; }

    /// <summary>Bytes of all pages: for progress.</summary>
    public abstract long PageBytes { get; }

    /// <summary>
    /// Returns the records of the pages, ascending by the bytes of their keys, in batches. Reads ahead a few pages, so that
    /// memory
    /// is bounded. Copy what you keep: the bytes of a batch are those of whole pages.
    /// </summary>
    public abstract IAsyncEnumerable<IReadOnlyList<StoredEntry>> RecordsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Returns the rows behind <see cref="CompactedThrough"/>, ascending. Its end makes sure that no older writer appends any
    /// more; the first append comes after it. Can be read once.
    /// </summary>
    public abstract IAsyncEnumerable<LogRow> RowsAsync(CancellationToken cancellationToken);
}
