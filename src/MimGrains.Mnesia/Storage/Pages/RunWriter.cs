using System.Buffers;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage.Pages;

// pages in order, a window of them under way at a time -> index -> info; it counts once the manifest has the info
/// <summary>
/// Writes a run. Page n + window is begun only once page n is written: so the rest of an unfinished run can be found.
/// </summary>
internal sealed class RunWriter(RowCaller rows, RowKeys keys, string id, FragmentStorageOptions options)
{
    private readonly Queue<Task> _underWay = new();
    private readonly List<ReadOnlyMemory<byte>> _firstKeys = [];
    private ArrayBufferWriter<byte> _page = new();
    private ReadOnlyMemory<byte> _lastKey;
    private long _entries;
    private long _bytes;

    /// <summary>Adds an entry behind those before.</summary>
    /// <exception cref="ArgumentException">Its key is not greater than the one before.</exception>
    public async ValueTask AddAsync(StoredEntry entry, CancellationToken cancellationToken)
    {
        if (_entries > 0 && KeyOrder.Compare(_lastKey, entry.Key) >= 0)
        {
            throw new ArgumentException(
                $"Entries must be strictly ascending by key, but entry {_entries} has a key that is not greater.", nameof(entry));
        }

        var room = _page.WrittenCount + entry.Key.Length + (entry.Record?.Length ?? 0);
        if (_page.WrittenCount > 0 && room > options.PageBytes)
        {
            await WritePageAsync(cancellationToken);
        }

        if (_page.WrittenCount == 0)
        {
            _firstKeys.Add(entry.Key.ToArray());
        }

        Page.Write(entry, _page);
        _lastKey = entry.Key;
        _entries++;
    }

    /// <summary>Writes what is left, and the index.</summary>
    public async Task<RunInfo> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_page.WrittenCount > 0)
        {
            await WritePageAsync(cancellationToken);
        }

        var parts = 0;
        var part = new ArrayBufferWriter<byte>();
        for (var i = 0; i < _firstKeys.Count; i++)
        {
            part.WriteBytes(_firstKeys[i].Span);
            if (part.WrittenCount >= options.PageBytes || i == _firstKeys.Count - 1)
            {
                await BeginAsync(
                    keys.Index(id, parts), RowKind.Index, part.WrittenMemory, $"index {parts} of {id}", cancellationToken);
                part = new ArrayBufferWriter<byte>();
                parts++;
            }
        }

        await Task.WhenAll(_underWay);
        _underWay.Clear();
        return new RunInfo(id, _firstKeys.Count, parts, _entries, _bytes);
    }

    /// <summary>Completes when nothing of it is under way any more, however that ended.</summary>
    public async Task SettleAsync()
    {
        await Task.WhenAll(_underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _underWay.Clear();
    }

    private async Task WritePageAsync(CancellationToken cancellationToken)
    {
        var number = _firstKeys.Count - 1;
        _bytes += _page.WrittenCount;
        await BeginAsync(keys.Page(id, number), RowKind.Page, _page.WrittenMemory, $"page {number} of {id}", cancellationToken);
        _page = new ArrayBufferWriter<byte>(_page.WrittenCount);
    }

    private async Task BeginAsync(
        string key, RowKind kind, ReadOnlyMemory<byte> content, string part, CancellationToken cancellationToken)
    {
        if (_underWay.Count == options.Window)
        {
            await _underWay.Peek();
            _ = _underWay.Dequeue();
        }

        _underWay.Enqueue(rows.PutAsync(key, RowFormat.Encode(key, kind, content.Span, out _), part, cancellationToken));
    }
}
