namespace MimGrains.Simulation;

/// <summary>The generator of every choice of a run: the same seed gives the same run on every machine and runtime.</summary>
/// <remarks>Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).</remarks>
internal sealed class SplitMix64(ulong seed)
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Returns a number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public long Between(long least, long most) => least + (long)(NextUInt64() % (ulong)(most - least + 1));

    public bool Chance(int percent) => Between(1, 100) <= percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[(int)Between(0, items.Count - 1)];
}
