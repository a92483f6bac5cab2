namespace MimGrains.Sessions;

/// <summary>Which silos this one knows to be dead, or to have left. A silo that starts again is another one. Thread-safe.</summary>
/// <remarks>
/// Bounded: of the silos that died, and of those that were asked about, the last <see cref="SilosMost"/> each. Whoever waits for
/// one that was forgotten is not told of its death, and waits for the timeout that it has in any case.
/// </remarks>
internal sealed class SiloDeaths
{
    /// <summary>The most incarnations of silos of which something is kept.</summary>
    internal const int SilosMost = 4_096;

    private static readonly CancellationToken s_dead = new(canceled: true);

    // Tokens, because many wait for one silo, and each comes and goes in constant time. Both need the lock to be changed or read.
    private readonly Lock _lock = new();
    private readonly Recent<CancellationTokenSource> _awaited = new();
    private readonly Recent<bool> _dead = new();

    /// <summary>Of how many incarnations something is kept.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _awaited.Count + _dead.Count;
            }
        }
    }

    /// <summary>Takes note of a death. Who waits goes on in threads of the pool: not in the one that tells of the death.</summary>
    public void Note(string silo)
    {
        CancellationTokenSource? waiting;
        lock (_lock)
        {
            _dead.Add(silo, true);
            waiting = _awaited.Remove(silo);
        }

        _ = waiting?.CancelAsync();
    }

    public bool IsDead(string silo)
    {
        lock (_lock)
        {
            return _dead.Find(silo);
        }
    }

    /// <summary>Returns a token that is cancelled when the silo is known to be dead.</summary>
    public CancellationToken DeathOf(string silo)
    {
        lock (_lock)
        {
            if (_dead.Find(silo))
            {
                return s_dead;
            }

            if (_awaited.Find(silo) is { } known)
            {
                return known.Token;
            }

            var made = new CancellationTokenSource();
            _awaited.Add(silo, made);
            return made.Token;
        }
    }

    /// <summary>The last so many that were added.</summary>
    private sealed class Recent<T>
    {
        private readonly Dictionary<string, LinkedListNode<(string Silo, T Value)>> _bySilo = new(StringComparer.Ordinal);
        private readonly LinkedList<(string Silo, T Value)> _byAge = new();

        public int Count => _bySilo.Count;

        public T? Find(string silo) => _bySilo.TryGetValue(silo, out var node) ? node.Value.Value : default;

        public void Add(string silo, T value)
        {
            Remove(silo);
            _bySilo[silo] = _byAge.AddLast((silo, value));
            if (_bySilo.Count > SilosMost)
            {
                Remove(_byAge.First!.Value.Silo);
            }
        }

        public T? Remove(string silo)
        {
            if (!_bySilo.Remove(silo, out var node))
            {
                return default;
            }

            _byAge.Remove(node);
            return node.Value.Value;
        }
    }
}
