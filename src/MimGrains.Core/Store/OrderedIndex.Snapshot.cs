using System.Runtime.CompilerServices;

namespace MimGrains.Core.Store;

internal sealed partial class OrderedIndex<TKey, TRecord>
{
    /// <summary>The entries of one moment. Immutable: may be read by any thread at any time.</summary>
    internal readonly struct Snapshot(Node root, int count, IComparer<TKey> order)
    {
        public int Count => count;

        /// <summary>Enumerates ascending from the first key that <paramref name="probe"/> does not stand after.</summary>
        public Cursor From<TProbe>(TProbe probe)
            where TProbe : IComparable<TKey>
        {
            var cursor = new Cursor();
            cursor.Seek(root, probe);
            return cursor;
        }

        /// <summary>Enumerates all, ascending.</summary>
        public Cursor All() => From(new Everything());

        /// <summary>Enumerates ascending the keys that are greater than <paramref name="key"/>.</summary>
        public Cursor After(TKey key) => From(new JustAfter(key, order));

        /// <summary>Enumerates descending from the last key that <paramref name="probe"/> stands after.</summary>
        public DescendingCursor Before<TProbe>(TProbe probe)
            where TProbe : IComparable<TKey>
        {
            var cursor = new DescendingCursor();
            cursor.Seek(root, probe);
            return cursor;
        }

        private readonly struct Everything : IComparable<TKey>
        {
            public int CompareTo(TKey? other) => -1;
        }

        private readonly struct JustAfter(TKey key, IComparer<TKey> order) : IComparable<TKey>
        {
            public int CompareTo(TKey? other) => order.Compare(key, other) >= 0 ? 1 : -1;
        }
    }

    /// <summary>Walks a snapshot ascending by key.</summary>
    internal sealed class Cursor
    {
        private readonly Stack<(Node Node, int Next)> _path = new();

        public Entry<TKey, TRecord> Current { get; private set; } = null!;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)] // Of a sweep.
        public bool MoveNext()
        {
            while (_path.TryPop(out var top))
            {
                if (top.Next >= top.Node.Count)
                {
                    continue;
                }

                _path.Push((top.Node, top.Next + 1));
                if (top.Node.IsLeaf)
                {
                    Current = top.Node.Entries[top.Next];
                    return true;
                }

                _path.Push((top.Node.Children[top.Next], 0));
            }

            return false;
        }

        internal void Seek<TProbe>(Node node, TProbe probe)
            where TProbe : IComparable<TKey>
        {
            while (true)
            {
                // In an inner node: the last child that can hold the first key at or after the probe.
                var at = FirstNotBefore(node, probe, node.IsLeaf ? 0 : 1);
                if (node.IsLeaf)
                {
                    _path.Push((node, at));
                    return;
                }

                _path.Push((node, at));
                node = node.Children[at - 1];
            }
        }
    }

    /// <summary>Walks a snapshot descending by key.</summary>
    internal sealed class DescendingCursor
    {
        private readonly Stack<(Node Node, int Next)> _path = new();

        public Entry<TKey, TRecord> Current { get; private set; } = null!;

        public bool MoveNext()
        {
            while (_path.TryPop(out var top))
            {
                if (top.Next < 0)
                {
                    continue;
                }

                _path.Push((top.Node, top.Next - 1));
                if (top.Node.IsLeaf)
                {
                    Current = top.Node.Entries[top.Next];
                    return true;
                }

                var child = top.Node.Children[top.Next];
                _path.Push((child, child.Count - 1));
            }

            return false;
        }

        internal void Seek<TProbe>(Node node, TProbe probe)
            where TProbe : IComparable<TKey>
        {
            while (!node.IsLeaf)
            {
                // All keys before the probe are in this child and in those on its left.
                var child = FirstNotBefore(node, probe, 1) - 1;
                _path.Push((node, child - 1));
                node = node.Children[child];
            }

            _path.Push((node, FirstNotBefore(node, probe, 0) - 1));
        }
    }

    // The first index whose key the probe does not stand after.
    private static int FirstNotBefore<TProbe>(Node node, TProbe probe, int low)
        where TProbe : IComparable<TKey>
    {
        var high = node.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (probe.CompareTo(node.Entries[middle].Key) > 0)
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
