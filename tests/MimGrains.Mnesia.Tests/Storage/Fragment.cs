using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

/// <summary>
/// A fragment as its grain would use it: rows of text <c>key=record</c> or <c>key=</c> for a deletion, replayed into a map.
/// </summary>
internal sealed class Fragment(FragmentLog log, FragmentStorageOptions options) : IAsyncDisposable
{
    private static readonly SemaphoreSlim Turns = new(32);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    public static readonly FragmentName Name = new("accounts", "c1", 2);

    public FragmentLog Log { get; } = log;

    /// <summary>Its options; some may be changed at any time.</summary>
    public FragmentStorageOptions Options { get; } = options;

    public SortedDictionary<string, string> Records { get; } = new(StringComparer.Ordinal);

    /// <summary>The rows that the last opening has replayed.</summary>
    public List<string> Replayed { get; } = [];

    public string State { get; private set; } = "";

    /// <summary>Small rounds and pages, so that few records are enough to go round and to merge.</summary>
    private static FragmentStorageOptions Small() => new()
    {
        LogSlots = 64,
        PageBytes = 1_024,
        LogBytesBeforeCompaction = 64 * 1_024,
        CallTimeout = TimeSpan.FromSeconds(20),
        WriteTimeout = TimeSpan.FromSeconds(30),
    };

    public static Fragment Of(IRowStore rows, FragmentName? name = null)
    {
        var options = Small();
        return new(
            new FragmentLog(
                name ?? Name, rows, Turns, new PageCache(1 << 20), options, TimeProvider.System, NullLogger.Instance),
            options);
    }

    public static async Task<Fragment> OpenAsync(IRowStore rows, FragmentName? name = null)
    {
        var fragment = Of(rows, name);
        await fragment.OpenAsync();
        return fragment;
    }

    public async Task OpenAsync()
    {
        var image = await Log.OpenAsync(CancellationToken.None);
        State = Encoding.UTF8.GetString(image.State.Span);
        await foreach (var batch in image.RecordsAsync(CancellationToken.None))
        {
            foreach (var entry in batch)
            {
                Records.Add(Text(entry.Key), Text(entry.Record!.Value));
            }
        }

        await foreach (var row in image.RowsAsync(CancellationToken.None))
        {
            var text = Text(row.Content);
            Replayed.Add(text);
            Apply(text);
        }
    }

    /// <summary>Appends a row <c>key=record</c>; several changes are separated by a semicolon.</summary>
    public async Task WriteAsync(string row)
    {
        await Log.AppendAsync(Log.NextNumber, Bytes(row), CancellationToken.None);
        Apply(row);
    }

    public Task CompactAsync(string state = "")
    {
        var changes = _changed
            .Select(key => new StoredEntry(Bytes(key), Records.TryGetValue(key, out var record) ? Bytes(record) : (ReadOnlyMemory<byte>?)null))
            .ToList();
        _changed.Clear();
        return Log.CompactAsync(Log.NextNumber - 1, changes, Bytes(state), CancellationToken.None);
    }

    /// <summary>Has the next compaction fold everything, as after one that failed.</summary>
    public void ChangedAgain() => _changed.UnionWith(Records.Keys);

    /// <summary>Writes many rows, and compacts whenever the log wants it.</summary>
    public async Task WriteManyAsync(int count, int keys, int perRow = 1, string value = "v")
    {
        for (var i = 0; i < count; i++)
        {
            var changes = Enumerable.Range(i * perRow, perRow)
                .Select(n => string.Create(CultureInfo.InvariantCulture, $"key{n % keys:000000}={value}{n}"));
            await WriteAsync(string.Join(';', changes));
            if (Log.WantsCompaction)
            {
                await CompactAsync();
            }
        }
    }

    public async Task<string?> ReadAsync(string key) =>
        await Log.ReadAsync(Bytes(key), CancellationToken.None) is { } record ? Text(record) : null;

    public async Task<List<string>> ScanAsync(string from = "")
    {
        List<string> found = [];
        await foreach (var batch in Log.ScanAsync(Bytes(from), CancellationToken.None))
        {
            found.AddRange(Texts(batch));
        }

        return found;
    }

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static IEnumerable<string> Texts(IReadOnlyList<StoredEntry> entries) =>
        entries.Select(entry => $"{Text(entry.Key)}={Text(entry.Record!.Value)}");

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public ValueTask DisposeAsync() => Log.DisposeAsync();

    private void Apply(string row)
    {
        foreach (var change in row.Split(';'))
        {
            var parts = change.Split('=');
            _changed.Add(parts[0]);
            if (parts[1].Length == 0)
            {
                Records.Remove(parts[0]);
            }
            else
            {
                Records[parts[0]] = parts[1];
            }
        }
    }
}
