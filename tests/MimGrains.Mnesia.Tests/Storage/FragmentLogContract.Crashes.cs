using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

public abstract partial class FragmentLogContract
{
    // One life of a fragment with everything in it: appends, compactions, merges, a replacement, removals. It dies at each of
    // its calls of the store, before or after that took effect; the next writer must find all that was acknowledged, at most
    // what was under way besides, and no row that does not belong there.
    [Theory, InlineData(true), InlineData(false)]
    public async Task Whatever_was_acknowledged_is_there_after_a_crash_at_any_point(bool tookEffect)
    {
        for (var point = 0; ; point += CrashStep)
        {
            var name = new FragmentName("crash", $"c{point}", 0);
            var rows = new FaultyRows(Rows);
            CrashAt(rows, point, tookEffect);
            var life = new Life();
            var hasCrashed = false;
            var fragment = Fragment.Of(rows, name);
            try
            {
                await life.LiveAsync(fragment);
                await fragment.Log.Background;
            }
            catch (Exception exception) when (exception is LogUnavailableException or LogUnknownException)
            {
                hasCrashed = true;
            }

            await fragment.DisposeAsync();
            hasCrashed |= rows.Calls > point;
            rows.Heal();
            await using (var next = await Fragment.OpenAsync(rows, name))
            {
                life.AssertNothingLost(next.Records, $"crash at call {point}");
                await next.WriteAsync("after=1");
                await next.CompactAsync();
                await next.Log.Background;
                await AssertNoLeftoversAsync(rows, next, name);
            }

            await using var last = await Fragment.OpenAsync(rows, name);
            Assert.Equal("1", last.Records["after"]);
            if (!hasCrashed)
            {
                Assert.True(point > 60, $"the life has only {point} calls");
                return;
            }
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_fragment_whose_deletion_ends_half_way_is_empty_for_the_next_writer(bool tookEffect)
    {
        for (var point = 0; ; point += CrashStep)
        {
            var name = new FragmentName("deleted", $"c{point}", 0);
            var rows = new FaultyRows(Rows);
            await using (var fragment = await Fragment.OpenAsync(rows, name))
            {
                await fragment.WriteManyAsync(count: 70, keys: 70);
                await fragment.Log.Background;
            }

            await using (var deleted = Fragment.Of(rows, name))
            {
                CrashAt(rows, rows.Calls + point, tookEffect);
                if (await Record.ExceptionAsync(() => deleted.Log.DeleteAsync(CancellationToken.None)) is null)
                {
                    Assert.Empty(rows.Keys);
                    Assert.True(point > 60, $"the deletion has only {point} calls");
                    return;
                }
            }

            rows.Heal();
            await using (var next = await Fragment.OpenAsync(rows, name))
            {
                Assert.True(next.Records.Count is 0 or 70, $"deletion ended at call {point}: {next.Records.Count} records");
                await next.WriteManyAsync(count: 70, keys: 5);
            }

            await using var last = await Fragment.OpenAsync(rows, name);
            Assert.Equal("v69", last.Records["key000004"]);
        }
    }

    private static void CrashAt(FaultyRows rows, int point, bool tookEffect)
    {
        Task Crash() => rows.Calls > point
            ? throw new RowStoreException("crashed (test)", isSurelyNotDone: false, mayPass: false)
            : Task.CompletedTask;

        rows.Before = (_, _) => tookEffect && rows.Calls <= point + 1 ? Task.CompletedTask : Crash();
        rows.After = (_, _) => Crash();
    }

    private static async Task AssertNoLeftoversAsync(FaultyRows rows, Fragment fragment, FragmentName name)
    {
        var keys = new RowKeys(name);
        var row = await rows.ReadAsync(keys.Manifest, CancellationToken.None);
        var manifest = Manifest.Read(RowFormat.Decode(keys.Manifest, RowKind.Manifest, row!.Value.Content, out _));
        Assert.Equal(manifest.Runs.Select(run => run.Id).Order(), RunsOf(rows).Order());
        Assert.Equal(
            manifest.Runs.Sum(run => run.Pages + run.IndexParts),
            rows.Keys.Count(key => key.StartsWith("run", StringComparison.Ordinal)));
        Assert.Empty(manifest.Obsolete);
        Assert.Equal(fragment.Records.Count, (await fragment.ScanAsync()).Count);
    }

    private sealed class Life
    {
        private readonly SortedDictionary<string, string> _acknowledged = new(StringComparer.Ordinal);
        private SortedDictionary<string, string>? _underWay;

        public async Task LiveAsync(Fragment fragment)
        {
            await fragment.OpenAsync();
            for (var i = 0; i < 6; i++)
            {
                // Each row has a change of two keys: they show both or neither.
                for (var j = 0; j < 4; j++)
                {
                    await WriteAsync(fragment, i, j);
                }

                await fragment.CompactAsync();
                await fragment.Log.Background;
            }

            _underWay = new(StringComparer.Ordinal) { ["replaced"] = "1" };
            await fragment.Log.ReplaceAsync(
                fragment.Log.NextNumber - 1,
                new[] { new StoredEntry(Fragment.Bytes("replaced"), Fragment.Bytes("1")) }.ToAsyncEnumerable(),
                default,
                CancellationToken.None);
            _acknowledged.Clear();
            _acknowledged["replaced"] = "1";
            await WriteAsync(fragment, 7, 0);
        }

        private async Task WriteAsync(Fragment fragment, int i, int j)
        {
            var (left, right) = ($"left{(i + j) % 5}", $"right{(i + j) % 5}");
            _underWay = new(_acknowledged, StringComparer.Ordinal) { [left] = $"{i}.{j}", [right] = $"{i}.{j}" };
            var padding = new string('x', 200);
            await fragment.WriteAsync($"{left}={i}.{j};{right}={i}.{j};padding{i}={padding}");
            _underWay[$"padding{i}"] = padding;
            _acknowledged.Clear();
            foreach (var (key, value) in _underWay)
            {
                _acknowledged.Add(key, value);
            }

            _underWay = null;
        }

        public void AssertNothingLost(SortedDictionary<string, string> found, string point)
        {
            static IEnumerable<string> Lines(SortedDictionary<string, string> records) =>
                records.Where(pair => !pair.Key.StartsWith("padding", StringComparison.Ordinal))
                    .Select(pair => $"{pair.Key}={pair.Value}");

            var isBefore = Lines(found).SequenceEqual(Lines(_acknowledged));
            var isAfter = _underWay is not null && Lines(found).SequenceEqual(Lines(_underWay));
            Assert.True(isBefore || isAfter, $"{point}: found {string.Join(", ", Lines(found))}; " +
                $"acknowledged {string.Join(", ", Lines(_acknowledged))}");
        }
    }
}
