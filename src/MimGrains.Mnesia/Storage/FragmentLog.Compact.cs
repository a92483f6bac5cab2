using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Storage;

// new run's pages -> its index -> manifest: the run counts, the log begins behind it -> in the background: merge, remove.
// A crash before the manifest leaves a run that nobody names, one after it runs that the manifest names obsolete.
internal sealed partial class FragmentLog
{
    // Runs that this writer has begun to write and that do not count: what there is of them goes before the id is used again.
    private readonly HashSet<string> _begunRuns = new(StringComparer.Ordinal);

    public Task CompactAsync(
        long through,
        IReadOnlyCollection<StoredEntry> changes,
        ReadOnlyMemory<byte> state,
        CancellationToken cancellationToken) => CompactInTurnAsync(
            through,
            async chainHash =>
            {
                // Nothing older that a deletion could hide: it is left out.
                var keepDeleted = _manifest.Runs.Count > 0;
                var entries = changes.Where(entry => keepDeleted || entry.Record is not null).ToArray();
                Array.Sort(entries, (left, right) => KeyOrder.Compare(left.Key, right.Key));
                var run = entries.Length == 0
                    ? null
                    : await WriteRunAsync(_manifest.NextFlush, entries.ToAsyncEnumerable(), cancellationToken);
                await CountRunAsync(
                    manifest => manifest with
                    {
                        CompactedThrough = through,
                        ChainHash = chainHash,
                        Flushes = manifest.Flushes + 1,
                        State = state,
                        Runs = run is null ? manifest.Runs : [run, .. manifest.Runs],
                    },
                    run,
                    cancellationToken);
            },
            cancellationToken);

    public Task ReplaceAsync(
        long through,
        IAsyncEnumerable<StoredEntry> entries,
        ReadOnlyMemory<byte> state,
        CancellationToken cancellationToken) => CompactInTurnAsync(
            through,
            async chainHash =>
            {
                var run = await WriteRunAsync(_manifest.NextFlush, entries, cancellationToken);
                await CountRunAsync(
                    manifest => manifest with
                    {
                        CompactedThrough = through,
                        ChainHash = chainHash,
                        Flushes = manifest.Flushes + 1,
                        State = state,
                        Runs = run.Pages == 0 ? [] : [run],
                        Obsolete = [.. manifest.Obsolete, .. manifest.Runs],
                    },
                    run,
                    cancellationToken);
            },
            cancellationToken);

    private async Task CompactInTurnAsync(long through, Func<ulong, Task> compact, CancellationToken cancellationToken)
    {
        RequireOpen();
        await _compactionTurn.WaitAsync(cancellationToken);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _compacting = done.Task;
        }

        try
        {
            if (_isManifestInDoubt)
            {
                await ChangeManifestAsync(manifest => manifest, isOpening: false, cancellationToken);
            }

            // Not on the turn of a grain that asks: sorting and writing pages is work.
            var chainHash = ChainHashOf(through);
            await Task.Run(() => compact(chainHash), cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _compacting = null;
            }

            done.SetResult();
            _compactionTurn.Release();
        }

        StartBackground();
    }

    private ulong ChainHashOf(long through)
    {
        lock (_lock)
        {
            if (through == _manifest.CompactedThrough)
            {
                return _manifest.ChainHash;
            }

            foreach (var row in _logged)
            {
                if (row.Number == through && through < NextNumber)
                {
                    return row.Hash;
                }
            }
        }

        throw new ArgumentOutOfRangeException(
            nameof(through),
            $"Fragment {_name}: row {through} is not among the rows behind {_manifest.CompactedThrough} and before " +
            $"{NextNumber}.");
    }

    /// <summary>Writes the pages and the index of a run. It does not count yet.</summary>
    private async Task<RunInfo> WriteRunAsync(
        string id, IAsyncEnumerable<StoredEntry> entries, CancellationToken cancellationToken)
    {
        bool wasBegun;
        lock (_lock)
        {
            wasBegun = !_begunRuns.Add(id);
        }

        if (wasBegun)
        {
            await RemoveRunAsync(RunInfo.Unfinished(id), cancellationToken);
        }

        var writer = new RunWriter(_rows, _keys, id, _options);
        try
        {
            await foreach (var entry in entries.WithCancellation(cancellationToken))
            {
                await writer.AddAsync(entry, cancellationToken);
            }

            return await writer.CompleteAsync(cancellationToken);
        }
        finally
        {
            await writer.SettleAsync();
        }
    }

    private async Task CountRunAsync(Func<Manifest, Manifest> change, RunInfo? run, CancellationToken cancellationToken)
    {
        await ChangeManifestAsync(change, isOpening: false, cancellationToken);
        if (run is not null)
        {
            lock (_lock)
            {
                _begunRuns.Remove(run.Id);
            }
        }
    }
}
