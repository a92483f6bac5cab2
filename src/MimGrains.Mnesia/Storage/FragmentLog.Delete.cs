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
            await RemoveAllAsync(cancellationToken);
        }
        finally
        {
            _compactionTurn.Release();
        }
    }

    private async Task RemoveAllAsync(CancellationToken cancellationToken)
    {
        foreach (var run in _manifest.Obsolete)
        {
            await RemoveRunAsync(run, cancellationToken);
        }

        // The slots that there are come before those that there are not. They go from the last one on, one by one: so that holds
        // also when this ends half way.
        var end = 0;
        while (end < _manifest.Slots && await IsThereAsync(end))
        {
            end += _options.Window;
        }

        for (var slot = Math.Min(end, _manifest.Slots); slot > 0; slot--)
        {
            await _rows.DeleteAsync(_keys.Slot(slot, _manifest.Slots), 1, "a log row", cancellationToken);
        }

        await _rows.DeleteAsync(_keys.Manifest, _manifestVersion, "the manifest", cancellationToken);

        async Task<bool> IsThereAsync(int slot) => await _rows.ReadAsync(
            _keys.Slot(slot + 1, _manifest.Slots), $"log slot {slot}", cancellationToken) is not null;
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
