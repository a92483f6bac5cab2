using System.Collections.Concurrent;
using MimGrains.Core.Transactions;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The fragments of this silo, also those that are being opened, and which activations have retired. Thread-safe.</summary>
internal sealed class FragmentRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FragmentId, long> _retiredThrough = [];
    private readonly ConcurrentDictionary<FragmentId, FragmentEntry> _entries = [];

    public IEnumerable<FragmentHost> Hosts => _entries.Values.Select(entry => entry.Host).OfType<FragmentHost>();

    /// <summary>Returns the fragment if it is on this silo and answers.</summary>
    public FragmentHost? Find(FragmentId id) => _entries.GetValueOrDefault(id)?.Host;

    /// <summary>An activation is about to be opened.</summary>
    /// <exception cref="FragmentGoneException">It has been asked to retire before, or another one is there.</exception>
    public FragmentEntry Begin(FragmentId id, long epoch)
    {
        lock (_gate)
        {
            if (_retiredThrough.GetValueOrDefault(id) >= epoch || (_entries.GetValueOrDefault(id) is { } other && other.Epoch > epoch))
            {
                throw new FragmentGoneException($"Fragment {id}: epoch {epoch} has been replaced before it was opened.");
            }

            return _entries[id] = new FragmentEntry(id, epoch);
        }
    }

    /// <summary>An activation has ended: nothing of it is under way.</summary>
    public void End(FragmentEntry entry)
    {
        _entries.TryRemove(new KeyValuePair<FragmentId, FragmentEntry>(entry.Id, entry));
        entry.End();
        entry.Dispose();
    }

    /// <summary>Completes when no activation of a fragment up to an epoch answers from this silo, nor ever will.</summary>
    public async Task RetireAsync(FragmentId id, long epoch)
    {
        FragmentEntry? entry;
        lock (_gate)
        {
            _retiredThrough[id] = Math.Max(epoch, _retiredThrough.GetValueOrDefault(id));
            entry = _entries.GetValueOrDefault(id);
        }

        if (entry is not null && entry.Epoch <= epoch)
        {
            await entry.RetireAsync();
        }
    }
}

/// <summary>One activation of a fragment on this silo, from the moment at which it owns the fragment.</summary>
internal sealed class FragmentEntry(FragmentId id, long epoch) : IDisposable
{
    private readonly CancellationTokenSource _opening = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile FragmentHost? _host;

    public FragmentId Id => id;

    public long Epoch => epoch;

    public FragmentHost? Host => _host;

    /// <summary>Cancelled when the opening is to be given up.</summary>
    public CancellationToken Opening => _opening.Token;

    public void Serve(FragmentHost host) => _host = host;

    public void End() => _ended.TrySetResult();

    public void Dispose() => _opening.Dispose();

    public async Task RetireAsync()
    {
        try
        {
            await _opening.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended in this moment.
            return;
        }

        if (_host is { } host)
        {
            await host.RetireAsync("another activation takes over");
        }
        else
        {
            await _ended.Task;
        }
    }
}
