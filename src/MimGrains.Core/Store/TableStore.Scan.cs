namespace MimGrains.Core.Store;

internal sealed partial class TableStore<TKey, TRecord>
{
    private const int ScanBufferMin = 16;

    [ThreadStatic]
    private static Entry<TKey, TRecord>[]? _scanBuffer;

    /// <summary>Whether scans by this prefix type need no snapshot.</summary>
    public bool IsIndexed<TPrefix>() => _schema.PrefixIndex is { } index && index.PrefixType == typeof(TPrefix);

    /// <summary>Returns what a declared prefix finds, ascending by key. Takes no lock.</summary>
    public TResult[] ScanIndexed<TPrefix, TSelector, TResult>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
        where TSelector : IEntrySelector<TKey, TRecord, TResult>
    {
        var found = CollectIndexed(prefix, out var count);
        if (count == 0)
        {
            return [];
        }

        // New entries go to the head of a chain: reversed, a chain is nearly ascending where keys grow with time.
        var entries = found.AsSpan(0, count);
        entries.Reverse();
        SortByKey(entries);
        var results = new TResult[count];
        for (var i = 0; i < count; i++)
        {
            results[i] = TSelector.Select(entries[i].Key, entries[i].Record!);
        }

        // The buffer must not keep records alive.
        entries.Clear();
        return results;
    }

    /// <summary>Returns how many records a declared prefix finds. Takes no lock.</summary>
    public long CountIndexed<TPrefix>(TPrefix prefix)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        var found = CollectIndexed(prefix, out var count);
        found.AsSpan(0, count).Clear();
        return count;
    }

    private Entry<TKey, TRecord>[] CollectIndexed<TPrefix>(TPrefix prefix, out int count)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        var hash = Entry<TKey, TRecord>.PrefixHashOf(prefix.GetHashCode());
        count = 0;
        var buffer = _scanBuffer ??= new Entry<TKey, TRecord>[ScanBufferMin];
        for (var entry = _prefixes!.ChainOf(hash); entry is not null; entry = Volatile.Read(ref entry.PrefixNext))
        {
            if (prefix.CompareTo(entry.Key) != 0)
            {
                continue;
            }

            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
                _scanBuffer = buffer;
            }

            buffer[count++] = entry;
        }

        return buffer;
    }

    private void SortByKey(Span<Entry<TKey, TRecord>> entries)
    {
        if (entries.Length > ScanBufferMin)
        {
            entries.Sort((left, right) => _schema.Order.Compare(left.Key, right.Key));
            return;
        }

        for (var i = 1; i < entries.Length; i++)
        {
            var entry = entries[i];
            var at = i;
            while (at > 0 && _schema.Order.Compare(entries[at - 1].Key, entry.Key) > 0)
            {
                entries[at] = entries[at - 1];
                at--;
            }

            entries[at] = entry;
        }
    }
}
