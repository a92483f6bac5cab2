namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>Pages that were read lately, up to a number of bytes. One for a silo, used from many threads.</summary>
internal sealed class PageCache(long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, Page Page)>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, Page Page)> _byUse = new();

    /// <summary>Bytes of the pages that are kept.</summary>
    public long SizeBytes { get; private set; }

    public Page? Find(string key)
    {
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Page;
        }
    }

    /// <summary>
    /// Keeps a page, and lets those go that were not used for longest. A page that is larger than all may be is not kept.
    /// </summary>
    public void Add(string key, Page page)
    {
        lock (_lock)
        {
            if (page.SizeBytes > maxBytes || _byKey.ContainsKey(key))
            {
                return;
            }

            _byKey.Add(key, _byUse.AddFirst((key, page)));
            SizeBytes += page.SizeBytes;
            while (SizeBytes > maxBytes)
            {
                var last = _byUse.Last!;
                _byUse.RemoveLast();
                _byKey.Remove(last.Value.Key);
                SizeBytes -= last.Value.Page.SizeBytes;
            }
        }
    }
}
