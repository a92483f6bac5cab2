namespace MimGrains.Core.Store;

/// <summary>
/// A B+ tree of entries, ascending by key. One writer at a time; a snapshot is taken by the writer and read by anyone, at
/// leisure, while writes go on.
/// </summary>
/// <remarks>
/// <para>Writes gather first, and are sorted into the tree together when there are many of them or a snapshot is asked for:
/// neighbours find the way that the one before has just gone, which saves most of the cache misses of one descent each.</para>
/// <para>Copy on write by epoch: taking a snapshot starts a new epoch, and a write copies the nodes on its path that belong to
/// an older one. Without snapshots writes change nodes in place. Nodes are split when full and dropped when empty; they are
/// not merged, since tables refill.</para>
/// </remarks>
internal sealed partial class OrderedIndex<TKey, TRecord>(IComparer<TKey> order)
    where TRecord : class
{
    private const int LeafSize = 64;
    private const int FanOut = 32;

    private const int GatheredMax = 1_024;

    private readonly Entry<TKey, TRecord>[] _gathered = new Entry<TKey, TRecord>[GatheredMax];
    private readonly int[] _arrivals = new int[GatheredMax];
    private int _gatheredCount;
    private int _count;
    private Node _root = new(epoch: 0, isLeaf: true);
    private long _epoch;

    /// <summary>Returns the entries as they are now.</summary>
    public Snapshot Capture()
    {
        SortIn();
        _epoch++;
        return new Snapshot(_root, _count, order);
    }

    /// <summary>
    /// Adds an entry, or puts it in the place of the one with the same key; a tombstone removes that.
    /// </summary>
    public void Put(Entry<TKey, TRecord> entry)
    {
        _gathered[_gatheredCount++] = entry;
        if (_gatheredCount == GatheredMax)
        {
            SortIn();
        }
    }

    private void SortIn()
    {
        var gathered = _gathered.AsSpan(0, _gatheredCount);
        if (TryAppend(gathered))
        {
            gathered.Clear();
            _gatheredCount = 0;
            return;
        }

        var arrivals = _arrivals.AsSpan(0, _gatheredCount);
        for (var i = 0; i < arrivals.Length; i++)
        {
            arrivals[i] = i;
        }

        arrivals.Sort(ByKeyThenArrival);
        for (var i = 0; i < arrivals.Length; i++)
        {
            var entry = gathered[arrivals[i]];
            if (i + 1 < arrivals.Length && order.Compare(entry.Key, gathered[arrivals[i + 1]].Key) == 0)
            {
                // A later write of the same key follows.
                continue;
            }

            if (entry.IsTombstone)
            {
                Remove(entry.Key);
            }
            else
            {
                Set(entry);
            }
        }

        gathered.Clear();
        _gatheredCount = 0;
    }

    private int ByKeyThenArrival(int left, int right)
    {
        var byKey = order.Compare(_gathered[left].Key, _gathered[right].Key);
        return byKey != 0 ? byKey : left.CompareTo(right);
    }

    private void Set(Entry<TKey, TRecord> entry)
    {
        _root = Own(_root);
        var sibling = Set(_root, entry);
        if (sibling is null)
        {
            return;
        }

        var root = new Node(_epoch, isLeaf: false) { Count = 2 };
        root.Children[0] = _root;
        root.Children[1] = sibling;
        root.Entries[1] = sibling.Least;
        _root = root;
    }

    private void Remove(TKey key)
    {
        _root = Own(_root);
        Remove(_root, key);
        LowerRoot();
    }

    private void LowerRoot()
    {
        while (!_root.IsLeaf && _root.Count == 1)
        {
            _root = _root.Children[0];
        }

        if (!_root.IsLeaf && _root.Count == 0)
        {
            _root = new Node(_epoch, isLeaf: true);
        }
    }

    private Node? Set(Node node, Entry<TKey, TRecord> entry)
    {
        if (!node.IsLeaf)
        {
            var child = node.ChildOf(entry.Key, order);
            node.Children[child] = Own(node.Children[child]);
            var sibling = Set(node.Children[child], entry);
            if (sibling is null)
            {
                return null;
            }

            node.InsertChild(child + 1, sibling);
            return node.Count == FanOut ? node.Split(_epoch, FanOut / 2) : null;
        }

        var at = node.LowerBound(entry.Key, order);
        if (at < node.Count && order.Compare(node.Entries[at].Key, entry.Key) == 0)
        {
            node.Entries[at] = entry;
            return null;
        }

        node.InsertEntry(at, entry);
        _count++;
        // Keys that only grow would leave half-empty leaves behind: an append splits at the end.
        return node.Count < LeafSize ? null : node.Split(_epoch, at == LeafSize - 1 ? LeafSize - 1 : LeafSize / 2);
    }

    private bool Remove(Node node, TKey key)
    {
        if (node.IsLeaf)
        {
            var at = node.LowerBound(key, order);
            if (at == node.Count || order.Compare(node.Entries[at].Key, key) != 0)
            {
                return false;
            }

            node.RemoveAt(at);
            _count--;
            return true;
        }

        var child = node.ChildOf(key, order);
        node.Children[child] = Own(node.Children[child]);
        var removed = Remove(node.Children[child], key);
        if (node.Children[child].Count == 0)
        {
            node.RemoveAt(child);
        }

        return removed;
    }

    private Node Own(Node node) => node.Epoch == _epoch ? node : node.Copy(_epoch);

    // In a leaf Entries holds the entries; in an inner node Entries[i] is not less than any entry before child i, and not
    // greater than any in it (Entries[0] is not used).
    internal sealed class Node(long epoch, bool isLeaf)
    {
        public readonly Entry<TKey, TRecord>[] Entries = new Entry<TKey, TRecord>[isLeaf ? LeafSize : FanOut];
        public readonly Node[] Children = isLeaf ? [] : new Node[FanOut];
        public int Count;

        public long Epoch { get; } = epoch;

        public bool IsLeaf => isLeaf;

        public Entry<TKey, TRecord> Least => IsLeaf ? Entries[0] : Children[0].Least;

        public TKey LastKey => Entries[Count - 1].Key;

        public int LowerBound(TKey key, IComparer<TKey> order)
        {
            var low = 0;
            var high = Count;
            while (low < high)
            {
                var middle = (low + high) >> 1;
                if (order.Compare(Entries[middle].Key, key) < 0)
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

        public int ChildOf(TKey key, IComparer<TKey> order)
        {
            var low = 1;
            var high = Count;
            while (low < high)
            {
                var middle = (low + high) >> 1;
                if (order.Compare(Entries[middle].Key, key) <= 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low - 1;
        }

        public void InsertEntry(int at, Entry<TKey, TRecord> entry)
        {
            Array.Copy(Entries, at, Entries, at + 1, Count - at);
            Entries[at] = entry;
            Count++;
        }

        public void InsertChild(int at, Node child)
        {
            Array.Copy(Children, at, Children, at + 1, Count - at);
            Children[at] = child;
            InsertEntry(at, child.Least);
        }

        public void RemoveAt(int at)
        {
            Count--;
            Array.Copy(Entries, at + 1, Entries, at, Count - at);
            Entries[Count] = null!;
            if (!IsLeaf)
            {
                Array.Copy(Children, at + 1, Children, at, Count - at);
                Children[Count] = null!;
            }
        }

        /// <summary>Moves what stands from <paramref name="at"/> on to a new node.</summary>
        public Node Split(long currentEpoch, int at)
        {
            var right = new Node(currentEpoch, IsLeaf) { Count = Count - at };
            Array.Copy(Entries, at, right.Entries, 0, right.Count);
            Array.Clear(Entries, at, right.Count);
            if (!IsLeaf)
            {
                Array.Copy(Children, at, right.Children, 0, right.Count);
                Array.Clear(Children, at, right.Count);
            }

            Count = at;
            return right;
        }

        public Node Copy(long currentEpoch)
        {
            var copy = new Node(currentEpoch, IsLeaf) { Count = Count };
            Array.Copy(Entries, copy.Entries, Count);
            if (!IsLeaf)
            {
                Array.Copy(Children, copy.Children, Count);
            }

            return copy;
        }
    }
}
