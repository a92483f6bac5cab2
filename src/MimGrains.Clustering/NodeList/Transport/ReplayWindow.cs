namespace MimGrains.Clustering.NodeList;

/// <summary>Lets each message number of a session through once. Calls may overtake each other by less than the window.</summary>
/// <remarks>Pure. Not thread-safe.</remarks>
internal sealed class ReplayWindow
{
    /// <summary>How far behind the highest number seen a number may be.</summary>
    public const int WindowSize = 1_024;

    private readonly bool[] _seen = new bool[WindowSize];
    private ulong _highest;

    /// <summary>Returns whether the number is new; numbers begin at 1. A number too far behind counts as seen.</summary>
    public bool Pass(ulong number)
    {
        if (number == 0 || (number <= _highest && _highest - number >= WindowSize))
        {
            return false;
        }

        // The places between the old and the new highest number stood for numbers that are now too far behind.
        var skipped = number > _highest ? Math.Min(number - _highest, WindowSize) : 0;
        for (ulong i = 0; i < skipped; i++)
        {
            _seen[(number - i) % WindowSize] = false;
        }

        _highest = Math.Max(_highest, number);
        var place = number % WindowSize;
        if (_seen[place])
        {
            return false;
        }

        _seen[place] = true;
        return true;
    }
}
