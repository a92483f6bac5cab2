namespace MimGrains.Sessions;

/// <summary>Gives the ids of the sessions that one silo opens: strictly increasing, whichever thread asks.</summary>
/// <remarks>
/// An id is the time in microseconds, or one more than the id before where the clock has not moved on (or has been set back).
/// The silo in the id holds its generation, so that a silo that restarts with an earlier clock repeats nothing either.
/// </remarks>
internal sealed class SessionIdSource(string silo, TimeProvider time)
{
    private long _lastMicros;

    public string Silo { get; } = silo;

    /// <summary>Returns an id that is greater than one of another silo, whose clock may be ahead.</summary>
    public SessionId NextAfter(long micros) => new(ReserveMicros(1, micros), Silo);

    /// <summary>Reserves <paramref name="count"/> consecutive ids after a time and returns the time of the first.</summary>
    public long ReserveMicros(int count, long after = 0)
    {
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        while (true)
        {
            var last = Volatile.Read(ref _lastMicros);
            var first = Math.Max(now, Math.Max(last, after) + 1);
            // Lock-free: a failed exchange means that another caller got its id.
            if (Interlocked.CompareExchange(ref _lastMicros, first + count - 1, last) == last)
            {
                return first;
            }
        }
    }
}
