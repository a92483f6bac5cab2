using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;

namespace MimGrains.Mnesia.Transactions;

// [slices locked ->] pages of keys, each behind the last key of the page before, from every fragment side by side [-> still locked]
/// <summary>Reads all of a table on disc only from its fragments: what a silo's copy is for other tables.</summary>
internal static class FragmentScan
{
    /// <summary>Returns all records of a table.</summary>
    /// <param name="parts">The table.</param>
    /// <param name="askAsync">Asks a fragment; must pass on only what <see cref="AnswerKind.Granted"/> answers.</param>
    public static async Task<ReadTable<TKey, TRecord>> ReadAsync<TKey, TRecord>(
        TableParts<TKey, TRecord> parts, Func<FragmentId, WireLock, Task<FragmentReply>> askAsync)
        where TKey : notnull
        where TRecord : class
    {
        var fragments = await Task.WhenAll(TransactionServices.FragmentsOf(parts).Select(fragment => ReadAsync(fragment, askAsync)));
        return new ReadTable<TKey, TRecord>(parts, fragments.SelectMany(keys => keys));
    }

    private static async Task<List<(byte[] Key, ArraySegment<byte[]> Records)>> ReadAsync(
        FragmentId fragment, Func<FragmentId, WireLock, Task<FragmentReply>> askAsync)
    {
        List<(byte[] Key, ArraySegment<byte[]> Records)> keys = [];
        while (true)
        {
            var reply = await askAsync(fragment, new WireLock(keys.Count > 0 ? keys[^1].Key : null, LockMode.None));
            if (reply.Records.Length == 0)
            {
                return keys;
            }

            keys.AddRange(reply.Records.Select(key => (key![0], new ArraySegment<byte[]>(key, 1, key.Length - 1))));
        }
    }
}
