using System.Security.Cryptography;
using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Storage;

// manifest: deleted, names all runs obsolete -> their rows -> log rows -> manifest
internal sealed partial class FragmentLog
{
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        bool isNew;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_state == State.Closed, this);
            isNew = _state != State.Open;
            _state = State.Deleting;
        }

        await _closing.CancelAsync();
        await Background.WaitAsync(cancellationToken);
        await _compactionTurn.WaitAsync(cancellationToken);
        try
        {
            var mark = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
            await ChangeManifestAsync(
                manifest => Emptied(isNew ? manifest.OpenedBy(mark) : manifest), isNew, cancellationToken);
            foreach (var run in _manifest.Obsolete)
            {
                await RemoveRunAsync(run, cancellationToken);
            }

            // Slots are filled in their order: where a whole window of them is not there, no later one is.
            await RemoveSeriesAsync(i => _keys.Slot(i + 1, _manifest.Slots), -1, "a log row", cancellationToken);
            await _rows.DeleteAsync(_keys.Manifest, _manifestVersion, "the manifest", cancellationToken);
        }
        finally
        {
            _compactionTurn.Release();
        }
    }

    private static Manifest Emptied(Manifest manifest) => manifest with
    {
        IsDeleted = true,
        Runs = [],
        Obsolete =
        [
            .. manifest.Obsolete,
            .. manifest.Runs,
            RunInfo.Unfinished(manifest.NextFlush),
            RunInfo.Unfinished(manifest.NextMerge),
        ],
    };
}
