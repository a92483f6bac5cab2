namespace MimGrains.Core.Identity;

/// <summary>
/// A hybrid logical clock: close to the wall clock, and greater than every time it has seen. Not thread-safe.
/// </summary>
/// <remarks>
/// Kulkarni, Demirbas et al., "Logical Physical Clocks" (2014), with the counter folded into the microseconds: two writes in
/// one microsecond get two of them.
/// </remarks>
public sealed class HybridClock
{
    /// <summary>Returns the last time that was given out or seen, in microseconds since 1970-01-01 UTC.</summary>
    public long LastMicros { get; private set; }

    /// <summary>Gives out a time, greater than all given out or seen before.</summary>
    /// <param name="nowMicros">The wall clock, in microseconds since 1970-01-01 UTC; may go back.</param>
    public long Next(long nowMicros) => LastMicros = Math.Max(nowMicros, LastMicros + 1);

    /// <summary>Sees a time of another replica: times given out later are greater.</summary>
    public void Observe(long micros) => LastMicros = Math.Max(LastMicros, micros);
}
