namespace MimGrains.Core.Store;

// Records that come in their order, as when a table is loaded: leaves are filled one after another, and hardly a key is compared.
internal sealed partial class OrderedIndex<TKey, TRecord>
{
    private const int NotSplit = LeafSize - 1;

    // Only if they are ascending, without tombstones, and greater than all that is there.
    private bool TryAppend(ReadOnlySpan<Entry<TKey, TRecord>> run)
    {
        if (run.IsEmpty || !IsAscending(run) || (_count > 0 && order.Compare(LastLeaf().LastKey, run[0].Key) >= 0))
        {
            return false;
        }

        while (!run.IsEmpty)
        {
            var leaf = OwnLastLeaf();
            var room = Math.Min(NotSplit - leaf.Count, run.Length);
            if (room == 0)
            {
                // It splits, and leaves a new last one.
                Set(run[0]);
                run = run[1..];
                continue;
            }

            run[..room].CopyTo(leaf.Entries.AsSpan(leaf.Count));
            leaf.Count += room;
            _count += room;
            run = run[room..];
        }

        return true;
    }

    private bool IsAscending(ReadOnlySpan<Entry<TKey, TRecord>> run)
    {
        if (run[0].IsTombstone)
        {
            return false;
        }

        for (var i = 1; i < run.Length; i++)
        {
            if (run[i].IsTombstone || order.Compare(run[i - 1].Key, run[i].Key) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private Node LastLeaf()
    {
        var node = _root;
        while (!node.IsLeaf)
        {
            node = node.Children[node.Count - 1];
        }

        return node;
    }

    private Node OwnLastLeaf()
    {
        var node = _root = Own(_root);
        while (!node.IsLeaf)
        {
            node = node.Children[node.Count - 1] = Own(node.Children[node.Count - 1]);
        }

        return node;
    }
}
