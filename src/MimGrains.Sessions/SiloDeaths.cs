using System.Collections.Concurrent;

namespace MimGrains.Sessions;

/// <summary>Which silos this one knows to be dead, or to have left. A silo that starts again is another one.</summary>
internal sealed class SiloDeaths
{
    // One for each silo that was ever asked about: tokens, because many wait for one silo, and each comes and goes in constant time.
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _deaths = new(StringComparer.Ordinal);

    // Who waits goes on in threads of the pool: not in the one that tells of the death.
    public void Note(string silo) => _ = Of(silo).CancelAsync();

    public bool IsDead(string silo) => Of(silo).IsCancellationRequested;

    /// <summary>Returns a token that is cancelled when the silo is known to be dead.</summary>
    public CancellationToken DeathOf(string silo) => Of(silo).Token;

    private CancellationTokenSource Of(string silo) => _deaths.GetOrAdd(silo, static _ => new());
}
