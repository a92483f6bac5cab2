using System.Buffers;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Tests.Storage;

public sealed class RunMergeTests
{
    // How far runs lie apart: mixed all over, side by side with some pages in common, or one behind the other.
    [Theory]
    [InlineData(1, 1, 0, false), InlineData(2, 3, 0, false), InlineData(3, 3, 40, false), InlineData(4, 4, 100, false)]
    [InlineData(5, 1, 0, true), InlineData(6, 3, 0, true), InlineData(7, 3, 40, true), InlineData(8, 4, 100, true)]
    public async Task Of_each_key_the_newest_run_counts(int seed, int runs, int apart, bool keepsDeleted)
    {
        var random = new Random(seed);
        SortedDictionary<byte, byte?> expected = [];
        List<List<Page>> pages = [];
        for (var run = 0; run < runs; run++)
        {
            // The newest one comes first, and is made last.
            var first = Math.Min(byte.MaxValue, run * apart);
            var keys = Enumerable.Range(first, Math.Min(byte.MaxValue + 1 - first, 120)).Where(_ => random.Next(3) > 0).ToList();
            var entries = keys.ConvertAll(key => ((byte)key, random.Next(4) == 0 ? (byte?)null : (byte)random.Next(256)));
            entries.ForEach(entry => expected[entry.Item1] = entry.Item2);
            pages.Insert(0, [.. entries.Chunk(7).Select(PageOf)]);
        }

        foreach (var from in new byte?[] { null, 0, 60, 200 })
        {
            List<(byte, byte?)> merged = [];
            await foreach (var batch in RunMerge.MergeAsync(
                [.. pages.Select(InOrder)], from is { } key ? new[] { key } : default, keepsDeleted, CancellationToken.None))
            {
                merged.AddRange(batch.Select(entry => (entry.Key.Span[0], entry.Record?.Span[0])));
            }

            Assert.Equal(
                expected.Where(entry => entry.Key >= (from ?? 0) && (keepsDeleted || entry.Value is not null)).Select(entry => (entry.Key, entry.Value)),
                merged);
        }
    }

    private static Page PageOf((byte Key, byte? Record)[] entries)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var (key, record) in entries)
        {
            Page.Write(new StoredEntry(new[] { key }, record is { } there ? new ReadOnlyMemory<byte>([there]) : (ReadOnlyMemory<byte>?)null), output);
        }

        return Page.Read(output.WrittenMemory);
    }

    private static async IAsyncEnumerable<Page> InOrder(List<Page> pages)
    {
        foreach (var page in pages)
        {
            await Task.Yield();
            yield return page;
        }
    }
}
