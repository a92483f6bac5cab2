using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Storage;

// merge runs of like size -> manifest -> remove the rows of runs that do not count, once no read goes on in them
internal sealed partial class FragmentLog
{
    private readonly Dictionary<string, int> _pins = new(StringComparer.Ordinal);
    private Task _background = Task.CompletedTask;
    private bool _isBackgroundWanted;
    private bool _isBackgroundRunning;

    /// <summary>Completes when nothing is merged or removed any more: for tests.</summary>
    internal Task Background
    {
        get
        {
            lock (_lock)
            {
                return _background;
            }
        }
    }

    private void StartBackground()
    {
        lock (_lock)
        {
            _isBackgroundWanted = true;
            if (!_isBackgroundRunning && _state == State.Open)
            {
                _isBackgroundRunning = true;
                _background = Task.Run(WorkAsync, CancellationToken.None);
            }
        }
    }

    private async Task WorkAsync()
    {
        var goesOn = true;
        while (goesOn)
        {
            lock (_lock)
            {
                _isBackgroundWanted = false;
            }

            try
            {
                while (await MergeAsync(_closing.Token))
                {
                    // One more size may be full now.
                }

                await CleanAsync(_closing.Token);
            }
            catch (Exception exception) when (exception is LogUnavailableException or FragmentFencedException
                or FragmentCorruptException or OperationCanceledException)
            {
                // What is left to do is done after the next compaction, or by the next writer.
                LogBackgroundFailed(_logger, _name, exception.Message);
            }

            lock (_lock)
            {
                goesOn = _isBackgroundWanted && _state == State.Open && _failure is null;
                _isBackgroundRunning = goesOn;
            }
        }
    }

    private async Task<bool> MergeAsync(CancellationToken cancellationToken)
    {
        var runs = PinRuns();
        try
        {
            var (first, count) = MergePlan.Choose(runs);
            if (count == 0)
            {
                return false;
            }

            RunInfo[] inputs = [.. runs.Skip(first).Take(count)];
            var keepDeleted = first + count < runs.Count;
            var pages = inputs.Select(run => _reader.ReadPagesAsync(run, 0, cancellationToken)).ToArray();
            var merged = RunMerge.MergeAsync(pages, default, keepDeleted, cancellationToken);
            var output = await WriteRunAsync(_manifest.NextMerge, Flatten(merged), cancellationToken);
            await CountRunAsync(
                manifest => WithMerged(manifest, inputs, output), output, cancellationToken);
            LogMerged(_logger, _name, inputs.Length, output.Entries, output.SizeBytes);
            return true;
        }
        finally
        {
            Unpin(runs);
        }
    }

    // Newer runs may have come; if all was replaced meanwhile, what was merged does not count.
    private static Manifest WithMerged(Manifest manifest, RunInfo[] inputs, RunInfo output)
    {
        var place = manifest.Runs.ToList().FindIndex(run => run.Id == inputs[0].Id);
        return place < 0
            ? manifest with { Merges = manifest.Merges + 1, Obsolete = [.. manifest.Obsolete, output] }
            : manifest with
            {
                Merges = manifest.Merges + 1,
                Runs =
                [
                    .. manifest.Runs.Take(place),
                    .. output.Pages == 0 ? [] : new[] { output },
                    .. manifest.Runs.Skip(place + inputs.Length),
                ],
                Obsolete = [.. manifest.Obsolete, .. inputs],
            };
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        RunInfo[] obsolete;
        lock (_lock)
        {
            obsolete = [.. _manifest.Obsolete.Where(run => !_pins.ContainsKey(run.Id) && !_removedRuns.Contains(run.Id))];
        }

        foreach (var run in obsolete)
        {
            await RemoveRunAsync(run, cancellationToken);
            lock (_lock)
            {
                _removedRuns.Add(run.Id);
            }
        }

        if (obsolete.Length > 0)
        {
            await ChangeManifestAsync(manifest => manifest, isOpening: false, cancellationToken);
        }
    }

    private async Task RemoveRunAsync(RunInfo run, CancellationToken cancellationToken)
    {
        await RemoveSeriesAsync(i => _keys.Page(run.Id, i), run.Pages, $"a page of {run.Id}", cancellationToken);
        await RemoveSeriesAsync(
            i => _keys.Index(run.Id, i), run.Pages < 0 ? -1 : run.IndexParts, $"an index of {run.Id}", cancellationToken);
    }

    // Rows are written in windows: where a whole window is not there, no later one is.
    private async Task RemoveSeriesAsync(
        Func<int, string> keyOf, int count, string part, CancellationToken cancellationToken)
    {
        var likelyVersion = count < 0 ? 0 : 1;
        for (var first = 0; count < 0 || first < count; first += _options.Window)
        {
            var size = count < 0 ? _options.Window : Math.Min(_options.Window, count - first);
            var removals = Enumerable.Range(first, size)
                .Select(i => _rows.DeleteAsync(keyOf(i), likelyVersion, part, cancellationToken));
            var were = await Task.WhenAll(removals);
            if (count < 0 && !were.Contains(true))
            {
                return;
            }
        }
    }

    private IReadOnlyList<RunInfo> PinRuns()
    {
        lock (_lock)
        {
            foreach (var run in _manifest.Runs)
            {
                _pins[run.Id] = _pins.GetValueOrDefault(run.Id) + 1;
            }

            return _manifest.Runs;
        }
    }

    private void Unpin(IReadOnlyList<RunInfo> runs)
    {
        var isFree = false;
        lock (_lock)
        {
            foreach (var run in runs)
            {
                if (--_pins[run.Id] == 0)
                {
                    _pins.Remove(run.Id);
                    isFree |= _manifest.Obsolete.Any(obsolete => obsolete.Id == run.Id);
                }
            }
        }

        if (isFree)
        {
            StartBackground();
        }
    }

    private static async IAsyncEnumerable<StoredEntry> Flatten(IAsyncEnumerable<IReadOnlyList<StoredEntry>> batches)
    {
        await foreach (var batch in batches)
        {
            foreach (var entry in batch)
            {
                yield return entry;
            }
        }
    }
}
