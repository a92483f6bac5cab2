using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The store of a fragment that has locks only: those on names.</summary>
internal sealed class NoStore : IFragmentStore
{
    public bool ReplacesPages => false;

    public WriteToken Token => default;

    public ValueTask ReadAsync(ReadOnlyMemory<byte> key, List<byte[]> records, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    public Task ApplyAsync(IReadOnlyList<FragmentWrite> writes) => Task.CompletedTask;

    public Task LoadAsync(
        FragmentImage image, IReadOnlyList<FragmentWrite> writes, bool hasRecords, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public void BeginCompaction()
    {
        // Nothing has changed.
    }

    public Task<IReadOnlyCollection<StoredEntry>> ChangesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<StoredEntry>>([]);

    public void EndCompaction(bool isDone)
    {
        // Nothing was to be kept.
    }
}
