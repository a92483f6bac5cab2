namespace MimGrains.Mnesia.Storage;

// open: manifest read and written (older writers can compact no more) -> pages -> rows -> a mark at the end (nor append)
// append: one row (several if it is large), insert-if-absent on the next number.  compact: pages of a new run -> manifest -> log room is free again
/// <summary>
/// The durable side of one fragment: a log of committed rows, and sorted pages that the log is folded into. Used by the
/// fragment's only writer; a second one that opens the same fragment fences the first.
/// </summary>
/// <remarks>
/// Open it first, once, and read the rows of the image to their end. Then appends come one after another; reads, scans and one
/// compaction may run beside them, on any thread. After a <see cref="FragmentFencedException"/> or a
/// <see cref="FragmentCorruptException"/> it serves nobody: dispose of it.
/// </remarks>
internal interface IFragmentLog : IAsyncDisposable
{
    /// <summary>The number that the next append must have. Known once the rows of the image were read to their end.</summary>
    long NextNumber { get; }

    /// <summary>
    /// Whether the log holds so much that it is time to compact it. Appends go on up to twice as much, and then wait for the
    /// compaction that is under way.
    /// </summary>
    bool WantsCompaction { get; }

    /// <summary>Whether a compaction cannot be put off for long: a good part of the log is full.</summary>
    bool NeedsCompaction { get; }

    /// <summary>
    /// Makes this the writer of the fragment, and returns what is stored. When its rows were read to the end, no writer that
    /// opened the fragment before can append or compact any more.
    /// </summary>
    /// <exception cref="FragmentCorruptException">What is stored is damaged; the message names the row or page.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer, or refuses. Open another one later.</exception>
    Task<FragmentImage> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Appends a row; it is durable on return. While the database is away it tries until the write timeout.</summary>
    /// <param name="number">Must be <see cref="NextNumber"/>.</param>
    /// <param name="content">
    /// What replay gets back, all of it or nothing. What is larger than <see cref="FragmentStorageOptions.MaxRowBytes"/> takes
    /// the numbers of several rows.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting; the outcome is then unknown.</param>
    /// <exception cref="FragmentFencedException">Another writer has the fragment. This row is not written: stop.</exception>
    /// <exception cref="LogUnavailableException">
    /// The database is away or refuses; the reason is in the message. Surely not written; the number is still free.
    /// </exception>
    /// <exception cref="LogUnknownException">
    /// It is not known whether the row is written. Append the same row with the same number again until it is; nothing else
    /// can be appended before. Or let another writer open the fragment and see.
    /// </exception>
    /// <exception cref="LogFullException">The log is full and nobody compacts it. Not written.</exception>
    /// <exception cref="ArgumentException">It is larger than half of the log. Not written.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another append has not returned yet, the number is not the next one, or a row before is still unknown.
    /// </exception>
    Task AppendAsync(long number, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>
    /// Folds the log up to a row into pages: afterwards a replay begins behind it. Small runs of pages are merged in the
    /// background later.
    /// </summary>
    /// <param name="through">
    /// The number of the last row whose effects are all in the changes. That row is appended already.
    /// </param>
    /// <param name="changes">
    /// What the rows since the compaction before have changed, in any order, each key once: its record or that it is deleted.
    /// It may be the state after later rows that are appended already, since a replay of those does no harm.
    /// </param>
    /// <param name="state">What the writer wants to find in <see cref="FragmentImage.State"/> at the next start.</param>
    /// <param name="cancellationToken">Ends it between two writes; what was there before stays.</param>
    /// <exception cref="FragmentFencedException">Another writer has the fragment.</exception>
    /// <exception cref="LogUnavailableException">Not compacted; nothing is lost, try again later.</exception>
    Task CompactAsync(
        long through, IReadOnlyCollection<StoredEntry> changes, ReadOnlyMemory<byte> state, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces everything that is stored: for clearing, restoring and transforming a table. All of it shows at once, or
    /// nothing.
    /// </summary>
    /// <param name="through">The number of the last row that counts no more. That row is appended already.</param>
    /// <param name="entries">All records, ascending by the bytes of their keys, each key once. None is null.</param>
    /// <param name="state">As in <see cref="CompactAsync"/>.</param>
    /// <param name="cancellationToken">Ends it between two writes; what was there before stays.</param>
    /// <exception cref="ArgumentException">The entries are not strictly ascending.</exception>
    /// <inheritdoc cref="CompactAsync"/>
    Task ReplaceAsync(
        long through, IAsyncEnumerable<StoredEntry> entries, ReadOnlyMemory<byte> state, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the record of a key as the pages have it; null if they have none. Rows that are not compacted do not count.
    /// </summary>
    /// <exception cref="FragmentCorruptException">A page is damaged.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    ValueTask<ReadOnlyMemory<byte>?> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the records of the pages as they are now, ascending by the bytes of their keys, in batches. Compactions that
    /// come
    /// later do not show. Rows that are not compacted do not count.
    /// </summary>
    /// <param name="from">The first key; empty for all.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    /// <inheritdoc cref="ReadAsync"/>
    IAsyncEnumerable<IReadOnlyList<StoredEntry>> ScanAsync(ReadOnlyMemory<byte> from, CancellationToken cancellationToken);

    /// <summary>
    /// Removes everything that is stored of the fragment, as when its table is deleted. Afterwards it serves nobody.
    /// </summary>
    /// <remarks>
    /// Ended half way, it is brought to its end by doing it again, or by whoever opens the fragment next, and finds it empty.
    /// </remarks>
    Task DeleteAsync(CancellationToken cancellationToken);
}
