using System.Collections.Concurrent;
using MimGrains.Core.Transactions;

namespace MimGrains.Mnesia.Fragments;

/// <summary>The fragments of this silo, also those that are being opened, and which activations have retired. Thread-safe.</summary>
internal sealed class FragmentRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FragmentId, long> _retiredThrough = [];
    private readonly ConcurrentDictionary<FragmentId, FragmentEntry> _entries = [];
    private volatile bool _isClosed;

    /// <summary>Whether this silo opens nothing any more: it is stopping.</summary>
    public bool IsClosed => _isClosed;

    public IEnumerable<FragmentHost> Hosts => _entries.Values.Select(entry => entry.Host).OfType<FragmentHost>();

    /// <summary>Returns the fragment if it is on this silo and answers.</summary>
    public FragmentHost? Find(FragmentId id) => _entries.GetValueOrDefault(id)?.Host;

    /// <summary>Opens nothing from now on, and returns what is here.</summary>
    public IReadOnlyList<FragmentEntry> Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            return [.. _entries.Values];
        }
    }

    /// <summary>An activation is about to be opened.</summary>
    /// <exception cref="FragmentGoneException">
    /// It has been asked to retire before, another one is there, or the silo is stopping.
    /// </exception>
    public FragmentEntry Begin(FragmentId id, long epoch)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new FragmentGoneException($"Fragment {id}: this silo is stopping and opens nothing any more.");
            }

            if (_retiredThrough.GetValueOrDefault(id) >= epoch || (_entries.GetValueOrDefault(id) is { } other && other.Epoch > epoch))
            {
                throw new FragmentGoneException($"Fragment {id}: epoch {epoch} has been replaced before it was opened.");
            }

            return _entries[id] = new FragmentEntry(id, epoch) { Before = _entries.GetValueOrDefault(id) };
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
        List<FragmentEntry> entries = [];
        lock (_gate)
        {
            _retiredThrough[id] = Math.Max(epoch, _retiredThrough.GetValueOrDefault(id));
            for (var entry = _entries.GetValueOrDefault(id); entry is not null; entry = entry.Before)
            {
                entries.Add(entry);
            }
        }

        await Task.WhenAll(entries.Where(entry => entry.Epoch <= epoch).Select(entry => entry.RetireAsync()));
    }
}

/// <summary>One activation of a fragment on this silo, from the moment at which it owns the fragment.</summary>
internal sealed class FragmentEntry(FragmentId id, long epoch) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _opening = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile FragmentHost? _host;
    private bool _isRetired;

    public FragmentId Id => id;

    public long Epoch => epoch;

    public FragmentHost? Host => _host;

    /// <summary>The one on this silo that it replaces, which may have to retire yet.</summary>
    public FragmentEntry? Before { get; init; }

    /// <summary>Cancelled when the opening is to be given up.</summary>
    public CancellationToken Opening => _opening.Token;

    /// <summary>Completes when nothing of this activation is under way.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The activation answers from now on.</summary>
    /// <exception cref="FragmentGoneException">It has been asked to retire before.</exception>
    public void Serve(FragmentHost host)
    {
        lock (_gate)
        {
            _host = !_isRetired ? host : throw new FragmentGoneException(
                $"Fragment {id}: epoch {epoch} has been replaced before it was opened.");
        }
    }

    public void End() => _ended.TrySetResult();

    public void Dispose() => _opening.Dispose();

    public async Task RetireAsync()
    {
        FragmentHost? host;
        lock (_gate)
        {
            (_isRetired, host) = (true, _host);
        }

        try
        {
            await _opening.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has ended in this moment.
            return;
        }

        if (host is not null)
        {
            await host.RetireAsync("another activation takes over");
        }
        else
        {
            await _ended.Task;
        }
    }
}
