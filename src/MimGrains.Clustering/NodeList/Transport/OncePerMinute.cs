namespace MimGrains.Clustering.NodeList;

/// <summary>Lets one log line a minute through for each key, however often something happens.</summary>
/// <remarks>Thread-safe. Remembers <see cref="KeysMax"/> keys; the others share one line a minute.</remarks>
internal sealed class OncePerMinute(TimeProvider time)
{
    /// <summary>Most keys with a line of their own in a minute.</summary>
    public const int KeysMax = 256;

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Since, int Unlogged)> _keys = new(StringComparer.Ordinal);

    /// <summary>Returns whether to log now, and how often it was not logged since it last was.</summary>
    /// <param name="key">Who it is about; <c>others</c> comes back when there are too many.</param>
    /// <param name="unlogged">What the line should tell besides.</param>
    public bool Pass(ref string key, out int unlogged)
    {
        lock (_keys)
        {
            var now = time.GetTimestamp();
            if (!_keys.ContainsKey(key) && _keys.Count >= KeysMax)
            {
                Forget(now);
                key = _keys.Count >= KeysMax ? "others" : key;
            }

            var isKnown = _keys.TryGetValue(key, out var last);
            var passes = !isKnown || time.GetElapsedTime(last.Since, now) >= Period;
            unlogged = last.Unlogged;
            _keys[key] = passes ? (now, 0) : (last.Since, last.Unlogged + 1);
            return passes;
        }
    }

    private void Forget(long now)
    {
        foreach (var (old, last) in _keys)
        {
            if (time.GetElapsedTime(last.Since, now) >= Period)
            {
                _keys.Remove(old);
            }
        }
    }
}
