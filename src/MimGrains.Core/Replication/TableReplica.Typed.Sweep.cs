using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

public sealed partial class TableReplica<TKey, TRecord>
{
    /// <inheritdoc/>
    public override OwnerSweep? BeginSweep()
    {
        IsSweepDue = false;
        return _schema.KeepWhenOwnerDies ? null : new Sweep(this);
    }

    // Compiled once and well: a sweep is rare, begins in a cold process as often as not, and everybody waits for its end.
    private sealed class Sweep(TableReplica<TKey, TRecord> replica) : OwnerSweep
    {
        private readonly TableStore<TKey, TRecord> _store = replica._store;
        private readonly OrderedIndex<TKey, TRecord>.Cursor _cursor = replica._store.Capture().All();
        private readonly string[] _owners = [.. replica._deadOwners.Order(StringComparer.Ordinal)];

        // Ascending by key.
        private readonly List<Entry<TKey, TRecord>> _found = [];
        private bool _isAtEnd;

        // Neighbours often belong to one owner, by the same string.
        private (string? Owner, bool IsDead) _last;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override bool Find(int maxLooks, int maxFound)
        {
            for (var looks = 0; looks < maxLooks && _found.Count < maxFound; looks++)
            {
                if (!_cursor.MoveNext())
                {
                    _isAtEnd = true;
                    return false;
                }

                var entry = _cursor.Current;
                // Which of the records that stand beside each other under a key are to go is looked at under the lock.
                if (replica.IsMerging || IsOwnerDead(entry))
                {
                    _found.Add(entry);
                }
            }

            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Remove()
        {
            if (replica.IsMerging)
            {
                Removed += _found.Count(entry => replica.BurySiblings(entry.Key));
            }
            else
            {
                // A replica that joins may have dropped the whole store meanwhile; nothing of the dead comes into the next one.
                _found.RemoveAll(entry => _store != replica._store || !TableStore<TKey, TRecord>.IsCurrent(entry));
                _store.Bury(CollectionsMarshal.AsSpan(_found));
                Removed += _found.Count;
            }

            _found.Clear();
            if (_isAtEnd)
            {
                replica._swept = _owners;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private bool IsOwnerDead(Entry<TKey, TRecord> entry)
        {
            var owner = replica.OwnerOf(entry.Key, entry.Record!, entry.Stamp.Owner);
            if (!ReferenceEquals(owner, _last.Owner))
            {
                _last = (owner, replica._deadOwners.Contains(owner));
            }

            return _last.IsDead;
        }
    }
}
