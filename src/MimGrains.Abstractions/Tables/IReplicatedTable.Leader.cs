using System.Diagnostics.CodeAnalysis;

namespace MimGrains.Tables;

// Leader operations: one replica of the table, its leader, decides them one after another.
public partial interface IReplicatedTable<TKey, TRecord>
{
    /// <summary>
    /// Returns the silo that decides the leader operations of this table, as far as this silo knows; null when none was asked
    /// for yet, or the last leader is dead: the next operation makes another silo the leader.
    /// </summary>
    string? Leader { get; }

    /// <summary>Inserts a record unless the key has one.</summary>
    /// <returns>Whether it was inserted. If not, nothing was written.</returns>
    /// <exception cref="LeaderUnansweredException">There was no answer within the write timeout of the table.</exception>
    /// <exception cref="TableUnavailableException">The table on this silo is not ready yet, or the silo is stopping.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up: the operation may still be done, once.</exception>
    /// <remarks>
    /// <para>Returns when every live silo has the decision. Of all leader operations of a key the outcomes are as if they had
    /// been done one after another, each between its call and its return (linearizable): of concurrent ones of a key that has
    /// no record one wins. That holds also when the leader dies at any moment: the operation is asked for again with the same
    /// identity, is done at most once, and the answer is what was decided first. The record belongs to the calling silo.</para>
    /// <para>A plain insert or delete of the same key does not go through the leader. One that had returned before this call
    /// is taken into account; one that is under way at the same time may not be, and then the later of both stays. Write a key
    /// either through the leader or not, where that matters.</para>
    /// <para>An operation that lost is told so when every live silo has the decision; the record that it lost to, if it was
    /// written by a plain insert, may reach this silo a moment later. <see cref="InsertNewOrLookupAsync"/> returns it.</para>
    /// </remarks>
    Task<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Inserts a record unless the key has one, and returns the record that the key has then.</summary>
    /// <exception cref="LeaderUnansweredException">As for <see cref="InsertNewAsync"/>.</exception>
    Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Inserts or replaces a record, in one order with all other leader operations.</summary>
    /// <exception cref="LeaderUnansweredException">As for <see cref="InsertNewAsync"/>.</exception>
    Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Replaces the record of a key if it equals <paramref name="expected"/>.</summary>
    /// <param name="key">Key.</param>
    /// <param name="expected">Compared on the leader, by the default equality of <typeparamref name="TRecord"/>.</param>
    /// <param name="record">The new record.</param>
    /// <param name="cancellationToken">Gives up: the operation may still be done, once.</param>
    /// <returns>Whether it was replaced. If not, nothing was written.</returns>
    /// <exception cref="LeaderUnansweredException">As for <see cref="InsertNewAsync"/>.</exception>
    Task<bool> CompareAndSetAsync(
        TKey key, TRecord expected, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Replaces the record of a key if it is still the one that was read.</summary>
    /// <param name="key">Key.</param>
    /// <param name="expected">From <see cref="TryGet(TKey, out TRecord, out RecordVersion)"/>.</param>
    /// <param name="record">The new record.</param>
    /// <param name="cancellationToken">Gives up: the operation may still be done, once.</param>
    /// <returns>Whether it was replaced. If not, nothing was written.</returns>
    /// <exception cref="LeaderUnansweredException">As for <see cref="InsertNewAsync"/>.</exception>
    Task<bool> CompareAndSetAsync(
        TKey key, RecordVersion expected, TRecord record, CancellationToken cancellationToken = default);

    /// <summary>Deletes the record of a key if it equals <paramref name="expected"/>.</summary>
    /// <returns>Whether it was deleted.</returns>
    /// <exception cref="LeaderUnansweredException">As for <see cref="InsertNewAsync"/>.</exception>
    Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken = default);

    /// <summary>Deletes the record of a key if it is still the one that was read.</summary>
    /// <returns>Whether it was deleted.</returns>
    /// <exception cref="LeaderUnansweredException">As for <see cref="InsertNewAsync"/>.</exception>
    Task<bool> CompareAndDeleteAsync(TKey key, RecordVersion expected, CancellationToken cancellationToken = default);

    /// <summary>Reads a record from the replica of this silo, with its version.</summary>
    /// <remarks>Takes the lock of the table for a moment, other than <see cref="TryGet(TKey, out TRecord)"/>.</remarks>
    bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record, out RecordVersion version);
}

/// <summary>Names the write that a record comes from: no two writes of a table have the same.</summary>
/// <param name="Silo">The silo incarnation that wrote it; the leader's for what a leader decided.</param>
/// <param name="Sequence">The number of the write.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.record-version")]
public readonly record struct RecordVersion([property: Id(0)] string Silo, [property: Id(1)] long Sequence);

/// <summary>What <c>InsertNewOrLookupAsync</c> found.</summary>
/// <param name="IsNew">Whether the record was inserted.</param>
/// <param name="Record">The record that was inserted, or the one that was there.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.insert-new-result`1")]
public readonly record struct InsertNewResult<TRecord>([property: Id(0)] bool IsNew, [property: Id(1)] TRecord Record);
