using MimGrains.Core.Transactions;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>An entry of a copy in bytes.</summary>
/// <param name="Key">Key.</param>
/// <param name="Record">Record.</param>
internal readonly record struct CopyEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Record);

/// <summary>
/// This silo's copy of a persistent table, in bytes: what the owner of a fragment reads its slice from and writes it
/// to. The copy is
/// a replicated table that is kept when silos die, and only owners of fragments write it. Thread-safe.
/// </summary>
internal interface ITableCopy
{
    /// <summary>Returns the name of the persistent table.</summary>
    string Name { get; }

    /// <summary>Returns the names of the indexes of this copy, ascending; those that were added too.</summary>
    IReadOnlyList<string> IndexNames { get; }

    /// <summary>Whether there is any record, of any fragment.</summary>
    bool HasEntries { get; }

    /// <summary>
    /// Returns a token of all that this silo has written to the copies so far, for <see cref="ReadAfterAsync"/> on
    /// another one.
    /// </summary>
    WriteToken LastWrite { get; }

    /// <summary>Completes when this silo's copy has applied all that a token stands for.</summary>
    /// <exception cref="TableUnavailableException">It has not in time.</exception>
    Task ReadAfterAsync(WriteToken token, CancellationToken cancellationToken);

    /// <summary>Appends the records of a key, as bytes; none if there are none.</summary>
    void Read(ReadOnlyMemory<byte> key, ICollection<ReadOnlyMemory<byte>> records);

    /// <summary>Enumerates all entries of one fragment as they are at the call. Costs the whole table.</summary>
    IEnumerable<CopyEntry> Entries(int fragment);

    /// <summary>
    /// Whether two records in bytes are the same: the bytes are, or the records by their own equality.
    /// </summary>
    bool AreEqual(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right);

    /// <summary>
    /// Applies writes to keys of a fragment in the given order, in one step: when this returns, reads on this silo see
    /// them all. The
    /// task completes when all live silos have applied them.
    /// </summary>
    /// <remarks>
    /// Others wait for the table meanwhile: some hundred writes at a time. Does not wait when much is on its way to
    /// silos that do not
    /// answer: see <see cref="WaitUntilWritableAsync"/>. The task fails with <see
    /// cref="WriteNotAcknowledgedException"/> when a live
    /// silo has not answered in time; it gets the writes later.
    /// </remarks>
    /// <exception cref="TableUnavailableException">
    /// The copy is not ready, or the silo is stopping: nothing was applied.
    /// </exception>
    /// <exception cref="InvalidDataException">A key or record cannot be read: nothing was applied.</exception>
    Task ApplyAsync(int fragment, IReadOnlyList<FragmentWrite> writes);

    /// <summary>
    /// Does what <see cref="ApplyAsync"/> can do before others have to wait, and returns the rest: writes that are to be applied one
    /// after another are read on several threads.
    /// </summary>
    /// <inheritdoc cref="ApplyAsync"/>
    Func<Task> Prepare(int fragment, IReadOnlyList<FragmentWrite> writes);

    /// <summary>So many records are about to come: makes room for them at once.</summary>
    void Reserve(long records);

    /// <summary>
    /// Completes when not too much is on its way to other silos, which is at once unless one of them does not answer.
    /// </summary>
    /// <exception cref="TableUnavailableException">The copy cannot be written.</exception>
    ValueTask WaitUntilWritableAsync(CancellationToken cancellationToken);
}
