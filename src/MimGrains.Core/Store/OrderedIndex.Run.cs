using System.Runtime.CompilerServices;

namespace MimGrains.Core.Store;

// Many records that go at once: one way down for all that are in the same part of the tree, and no comparison in its leaves.
// Compiled once and well, as this comes rarely and is waited for.
internal sealed partial class OrderedIndex<TKey, TRecord>
{
    /// <summary>Removes entries.</summary>
    /// <param name="run">Ascending by key; each is in the index.</param>
    /// <exception cref="InvalidOperationException">One is not: it was removed or replaced.</exception>
    public void RemoveRun(ReadOnlySpan<Entry<TKey, TRecord>> run)
    {
        if (run.IsEmpty)
        {
            return;
        }

        SortIn();
        _root = Own(_root);
        RemoveRun(_root, run);
        LowerRoot();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RemoveRun(Node node, ReadOnlySpan<Entry<TKey, TRecord>> run)
    {
        if (node.IsLeaf)
        {
            RemoveFromLeaf(node, run);
            return;
        }

        // From the right: a child that goes does not move those that are still to be visited.
        for (var child = node.ChildOf(run[^1].Key, order); !run.IsEmpty; child--)
        {
            var start = child == 0 ? 0 : FirstAtLeast(run, node.Entries[child].Key);
            if (start == run.Length)
            {
                continue;
            }

            if (!TryDrop(node, child, run[start..]))
            {
                var owned = node.Children[child] = Own(node.Children[child]);
                RemoveRun(owned, run[start..]);
                if (owned.Count == 0)
                {
                    node.RemoveAt(child);
                }
            }

            run = run[..start];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RemoveFromLeaf(Node leaf, ReadOnlySpan<Entry<TKey, TRecord>> run)
    {
        var (kept, next) = (0, 0);
        for (var i = 0; i < leaf.Count; i++)
        {
            if (next < run.Length && ReferenceEquals(leaf.Entries[i], run[next]))
            {
                next++;
            }
            else
            {
                leaf.Entries[kept++] = leaf.Entries[i];
            }
        }

        if (next < run.Length)
        {
            throw new InvalidOperationException($"Key {run[next].Key} is not in the ordered index with this entry: entry and index have diverged.");
        }

        Array.Clear(leaf.Entries, kept, leaf.Count - kept);
        leaf.Count = kept;
        _count -= run.Length;
    }

    // Neighbours often have one owner: a leaf that goes with all it has needs no copy first.
    private bool TryDrop(Node node, int child, ReadOnlySpan<Entry<TKey, TRecord>> run)
    {
        var leaf = node.Children[child];
        if (!leaf.IsLeaf || !run.SequenceEqual(leaf.Entries.AsSpan(0, leaf.Count)))
        {
            return false;
        }

        node.RemoveAt(child);
        _count -= run.Length;
        return true;
    }

    private int FirstAtLeast(ReadOnlySpan<Entry<TKey, TRecord>> run, TKey key)
    {
        var (low, high) = (0, run.Length);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (order.Compare(run[middle].Key, key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
