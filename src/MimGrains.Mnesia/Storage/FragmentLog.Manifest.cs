using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

// change: look, if it may not be as it is known -> write by version -> adopt.  conflict: look again; another writer: fenced
internal sealed partial class FragmentLog
{
    // Others that open it at the same time, one after the other.
    private const int MaxRaces = 100;

    // Whether a change was sent that was not answered: the stored manifest may be another one than the known one.
    private bool _isManifestInDoubt;

    // Runs of which no row is left; the next change takes them out of the list.
    private readonly HashSet<string> _removedRuns = new(StringComparer.Ordinal);

    /// <summary>Changes the manifest. A change whose answer was lost is found again, and not made twice.</summary>
    /// <param name="change">Makes the new one from the one that is there; may be called several times.</param>
    /// <param name="isOpening">Whether other writers are taken over from, instead of being a reason to stop.</param>
    /// <param name="cancellationToken">Ends the waiting; the change may then still take effect.</param>
    /// <exception cref="FragmentFencedException">Another writer has opened the fragment.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer. The change may still take effect.</exception>
    private async Task ChangeManifestAsync(
        Func<Manifest, Manifest> change, bool isOpening, CancellationToken cancellationToken)
    {
        await _manifestTurn.WaitAsync(cancellationToken);
        try
        {
            _isManifestInDoubt |= isOpening;
            Manifest? sent = null;
            var started = _rows.Now();
            for (var attempt = 1; ; attempt++)
            {
                RowStoreException failure;
                try
                {
                    if (_isManifestInDoubt)
                    {
                        TakeManifest(await _rows.ReadOnceAsync(_keys.Manifest, cancellationToken), isOpening);
                        if (sent is not null && IsSame(sent, _manifest))
                        {
                            return;
                        }
                    }

                    sent = change(_manifest) with { Changes = _manifest.Changes + 1 };
                    sent = sent with { Obsolete = WithoutRemoved(sent.Obsolete) };
                    var row = RowFormat.Encode(_keys.Manifest, RowKind.Manifest, sent.Write().Span, out _);
                    _isManifestInDoubt = true;
                    await _rows.WriteOnceAsync(_keys.Manifest, row, _manifestVersion, cancellationToken);
                    Adopt(sent, _manifestVersion + 1);
                    return;
                }
                catch (RowConflictException) when (attempt < MaxRaces)
                {
                    continue;
                }
                catch (RowConflictException exception)
                {
                    failure = new RowStoreException(
                        "others change its manifest", isSurelyNotDone: false, mayPass: false, exception);
                }
                catch (RowStoreException exception)
                {
                    failure = exception;
                }

                if (!failure.MayPass || !await _rows.PauseAsync(started, attempt, cancellationToken))
                {
                    throw new LogUnavailableException(
                        $"Fragment {_name}: cannot write the manifest: {failure.Message}", failure);
                }
            }
        }
        finally
        {
            _manifestTurn.Release();
        }
    }

    private void TakeManifest(StoredRow? stored, bool isOpening)
    {
        if (stored is not { } row)
        {
            Adopt(isOpening ? Manifest.Empty(_options.LogSlots) : throw Corrupt("its manifest is missing"), 0);
            return;
        }

        Manifest read;
        try
        {
            read = Manifest.Read(RowFormat.Decode(_keys.Manifest, RowKind.Manifest, row.Content, out _));
        }
        catch (InvalidDataException exception)
        {
            throw Corrupt($"its manifest is damaged: {exception.Message}");
        }

        if (!isOpening && (read.Writer != _manifest.Writer || read.WriterMark != _manifest.WriterMark))
        {
            throw Fenced($"it was opened again, for the {read.Writer}. time");
        }

        Adopt(read, row.Version);
    }

    private List<RunInfo> WithoutRemoved(IReadOnlyList<RunInfo> runs)
    {
        lock (_lock)
        {
            return [.. runs.Where(run => !_removedRuns.Contains(run.Id))];
        }
    }

    private void Adopt(Manifest manifest, int version)
    {
        lock (_lock)
        {
            _manifest = manifest;
            _removedRuns.RemoveWhere(id => !manifest.Obsolete.Any(run => run.Id == id));
            while (_logged.TryPeek(out var row) && row.Number <= manifest.CompactedThrough)
            {
                _loggedBytes -= _logged.Dequeue().SizeBytes;
            }
        }

        _manifestVersion = version;
        _isManifestInDoubt = false;
    }

    private static bool IsSame(Manifest one, Manifest other) =>
        one.Writer == other.Writer && one.WriterMark == other.WriterMark && one.Changes == other.Changes;
}
