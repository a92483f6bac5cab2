using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Gives what is stored of a fragment to its engine.</summary>
internal static class FragmentReplay
{
    /// <summary>Returns what the rows behind the pages have written, in their order, and the number of the last one.</summary>
    /// <exception cref="InvalidDataException">A row is damaged, or does not follow the one before.</exception>
    public static async Task<(List<FragmentWrite> Writes, long StoredThrough)> ReadAsync(
        FragmentEngine engine, FragmentImage image, CancellationToken cancellationToken)
    {
        if (image.State.Length > 0)
        {
            var carried = LogRowCodec.Decode(engine.Self, image.State, out var through);
            engine.ReplayCarried(through, carried);
        }

        var storedThrough = image.CompactedThrough;
        List<FragmentWrite> writes = [];
        await foreach (var row in image.RowsAsync(cancellationToken))
        {
            var entries = LogRowCodec.Decode(engine.Self, row.Content, out var number);
            engine.Replay(number, entries);
            storedThrough = row.Number;
            writes.AddRange(engine.TakeEffects().OfType<ApplyEffect>().SelectMany(apply => apply.Writes));
        }

        return (writes, storedThrough);
    }
}
