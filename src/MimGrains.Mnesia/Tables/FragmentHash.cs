namespace MimGrains.Mnesia.Tables;

/// <summary>Says in which fragment a key is. Never to be changed: databases are cut by it.</summary>
/// <remarks>
/// FNV-1a (Fowler, Noll, Vo), 64 bits, its bits mixed by the end of MurmurHash3 (Appleby), modulo the fragments.
/// </remarks>
internal static class FragmentHash
{
    public static int FragmentOf(ReadOnlySpan<byte> key, int fragments) => fragments == 1 ? 0 : (int)(Of(key) % (uint)fragments);

    private static ulong Of(ReadOnlySpan<byte> key)
    {
        var hash = 0xCBF2_9CE4_8422_2325UL;
        foreach (var one in key)
        {
            hash = (hash ^ one) * 0x0000_0100_0000_01B3UL;
        }

        hash = (hash ^ (hash >> 33)) * 0xFF51_AFD7_ED55_8CCDUL;
        hash = (hash ^ (hash >> 33)) * 0xC4CE_B9FE_1A85_EC53UL;
        return hash ^ (hash >> 33);
    }
}
