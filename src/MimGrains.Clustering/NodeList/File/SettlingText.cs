namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Tells when a text counts: not while it is written. A file in which somebody still writes would be a list that lacks nodes.
/// </summary>
/// <remarks>Pure. Read -> <see cref="Offer"/> -> settled, or how long to wait before the next read.</remarks>
internal sealed class SettlingText(TimeSpan settleTime)
{
    private string? _candidate;
    private DateTimeOffset _candidateSince;

    /// <summary>Takes what was read just now.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="writtenAt">When it was last written, by the clock of the file system, which may be wrong.</param>
    /// <param name="now">When it was read.</param>
    /// <returns>Zero when the text counts: it is as old as the settle time, or was seen unchanged for as long. Else how long to wait.</returns>
    public TimeSpan Offer(string text, DateTimeOffset writtenAt, DateTimeOffset now)
    {
        if (!string.Equals(text, _candidate, StringComparison.Ordinal))
        {
            _candidate = text;
            _candidateSince = now;
        }

        // A time of writing in the future says nothing.
        var since = writtenAt < _candidateSince ? writtenAt : _candidateSince;
        var left = settleTime - (now - since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
