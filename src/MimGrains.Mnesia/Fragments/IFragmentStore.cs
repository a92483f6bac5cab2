using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Where a fragment has its records: the copy of its silo, or pages on disc. Writes come in order, reads from any thread.</summary>
internal interface IFragmentStore
{
    /// <summary>Appends the records of a key.</summary>
    ValueTask ReadAsync(ReadOnlyMemory<byte> key, List<byte[]> records, CancellationToken cancellationToken);

    /// <summary>Whether it can be scanned: records that are in copies are searched there.</summary>
    bool IsScanned => false;

    /// <summary>
    /// Returns the next keys, ascending by their bytes, each with its records behind it; none at the end. What is written meanwhile
    /// may show or not.
    /// </summary>
    /// <param name="after">Behind which key; null for the first ones.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<byte[][][]> ScanAsync(ReadOnlyMemory<byte>? after, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("The records of this fragment are in copies: search those.");

    /// <summary>
    /// Applies writes: reads see them when this returns. The task completes when all live silos have applied them.
    /// </summary>
    Task ApplyAsync(IReadOnlyList<FragmentWrite> writes);

    /// <summary>Returns a token of everything that is applied here.</summary>
    WriteToken Token { get; }

    /// <summary>
    /// Takes what is stored, when the fragment is opened: pages, then writes of rows. The task completes when all live silos have it.
    /// </summary>
    /// <param name="image">What is stored.</param>
    /// <param name="writes">Those of the rows behind the pages, in their order.</param>
    /// <param name="hasRecords">Whether the copies have the records of the fragment already, from its owner before.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task LoadAsync(
        FragmentImage image, IReadOnlyList<FragmentWrite> writes, bool hasRecords, CancellationToken cancellationToken);

    /// <summary>A compaction begins: the changes up to here go into the pages. In one turn with what is applied.</summary>
    void BeginCompaction();

    /// <summary>Whether the compaction that has begun replaces the pages: all records were deleted since they were made.</summary>
    bool ReplacesPages { get; }

    /// <summary>Returns what the keys have that were changed before the compaction began: their records as one value, or null.</summary>
    Task<IReadOnlyCollection<StoredEntry>> ChangesAsync(CancellationToken cancellationToken);

    /// <summary>The compaction has ended.</summary>
    void EndCompaction(bool isDone);
}
