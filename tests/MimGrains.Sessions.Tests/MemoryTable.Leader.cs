using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Sessions.Tests;

// Sessions are written by the silo that has the connection, and by no leader.
internal sealed partial class MemoryTable<TKey, TRecord>
{
    public string? Leader => throw NoLeader();

    public Task<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) => throw NoLeader();

    public Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(
        TKey key, TRecord record, CancellationToken cancellationToken = default) => throw NoLeader();

    public Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) => throw NoLeader();

    public Task<bool> CompareAndSetAsync(
        TKey key, TRecord expected, TRecord record, CancellationToken cancellationToken = default) => throw NoLeader();

    public Task<bool> CompareAndSetAsync(
        TKey key, RecordVersion expected, TRecord record, CancellationToken cancellationToken = default) => throw NoLeader();

    public Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken = default) =>
        throw NoLeader();

    public Task<bool> CompareAndDeleteAsync(TKey key, RecordVersion expected, CancellationToken cancellationToken = default) =>
        throw NoLeader();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record, out RecordVersion version) => throw NoLeader();

    private NotSupportedException NoLeader() => new($"The table {Name} of these tests has no leader.");
}
