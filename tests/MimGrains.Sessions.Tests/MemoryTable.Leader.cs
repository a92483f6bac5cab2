using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Sessions.Tests;

// One silo is its own leader: what it does under its lock is decided.
internal sealed partial class MemoryTable<TKey, TRecord>
{
    public string? Leader => "only";

    public async Task<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        (await InsertNewOrLookupAsync(key, record, cancellationToken)).IsNew;

    public Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(
        TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return Task.FromResult(_records.TryAdd(key, record)
                ? new InsertNewResult<TRecord>(true, record)
                : new InsertNewResult<TRecord>(false, _records[key]));
        }
    }

    public Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken = default) =>
        InsertAsync(key, record, cancellationToken);

    public Task<bool> CompareAndSetAsync(
        TKey key, TRecord expected, TRecord record, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            var isSame = _records.TryGetValue(key, out var old) && old.Equals(expected);
            if (isSame)
            {
                _records[key] = record;
            }

            return Task.FromResult(isSame);
        }
    }

    public Task<bool> CompareAndSetAsync(
        TKey key, RecordVersion expected, TRecord record, CancellationToken cancellationToken = default) => throw NoVersions();

    public Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return Task.FromResult(_records.TryGetValue(key, out var old) && old.Equals(expected) && _records.Remove(key));
        }
    }

    public Task<bool> CompareAndDeleteAsync(TKey key, RecordVersion expected, CancellationToken cancellationToken = default) =>
        throw NoVersions();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record, out RecordVersion version) => throw NoVersions();

    private NotSupportedException NoVersions() => new($"The table {Name} of these tests has no versions.");
}
