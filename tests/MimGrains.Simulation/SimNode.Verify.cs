using MimGrains.Core.Identity;
using MimGrains.Core.Verify;

namespace MimGrains.Simulation;

internal sealed partial class SimNode
{
    private const long AskAgainMicros = 4_000;
    private const long PassTimeoutMicros = 150_000;
    private const int PageWrites = 3;
    private Pass? _pass;

    /// <summary>How many comparisons this node has brought to their end.</summary>
    public int PassesDone { get; private set; }

    /// <summary>How many keys they looked at.</summary>
    public int KeysLookedAt { get; private set; }

    /// <summary>Begins to compare all replicas; what differs is mended if <paramref name="repairs"/>.</summary>
    public void StartPass(bool repairs)
    {
        if (!IsUp || !Replica.IsReady || _pass is { IsDone: false })
        {
            return;
        }

        var pass = _pass = new Pass(this, repairs);
        _cluster.Scheduler.After(PassTimeoutMicros, () => pass.IsDone = true);
        pass.CompareDigests();
    }

    private T? Answer<T>(ReplicaId from, Func<SimNode, T?> question)
        where T : class => Replica.IsDead(from) ? null : question(this);

    /// <summary>What an adapter does around a <see cref="Verification"/>.</summary>
    private sealed class Pass(SimNode node, bool repairs)
    {
        private readonly Verification _verification = new(
            node.Replica.Peers.Append(node.Id), (int)node.Random.Between(1, Verification.DigestRounds));

        public bool IsDone { get; set; }

        public void CompareDigests() => Gather("digest", other => other.Replica.Digest(), digests =>
        {
            if (_verification.OnDigests(digests))
            {
                node._cluster.Scheduler.After(node.Random.Between(100, 5_000), CompareDigests);
            }
            else
            {
                ListBuckets();
            }
        });

        private void ListBuckets()
        {
            var buckets = _verification.TakeBuckets();
            if (buckets.Count == 0)
            {
                End();
                return;
            }

            Gather($"listing of {buckets.Count}", other => List(other, buckets), listings =>
            {
                _verification.OnListings(listings);
                LookAtKeys();
            });
        }

        private static Listing? List(SimNode other, IReadOnlyList<int> buckets)
        {
            if (other.Replica.BeginListing(buckets) is not { } reader)
            {
                return null;
            }

            List<ListedWrite> writes = [];
            while (true)
            {
                var page = reader.Next(PageWrites, int.MaxValue);
                writes.AddRange(page.Writes);
                if (page.IsLast)
                {
                    return new Listing(reader.Vector, writes);
                }
            }
        }

        private void LookAtKeys()
        {
            var keys = _verification.TakeKeys();
            if (keys.Count == 0)
            {
                ListBuckets();
                return;
            }

            Look(keys, () => Look(keys, LookAtKeys));
        }

        private void Look(IReadOnlyList<ReadOnlyMemory<byte>> keys, Action then)
        {
            var after = node._cluster.Fault == Fault.LooksDoNotWait ? VersionVector.Empty : _verification.Awaited;
            Gather($"look at {keys.Count}", other => other.Replica.Look(keys, after, _verification.Dead), looks =>
            {
                _verification.OnLooks(looks);
                then();
            });
        }

        private void End()
        {
            IsDone = true;
            node.PassesDone++;
            node.KeysLookedAt += _verification.KeysLookedAt;
            node._cluster.OnCompared(node, _verification);
            foreach (var repair in repairs ? _verification.Repairs : [])
            {
                Repair(repair);
            }
        }

        private void Repair(Repair repair)
        {
            var mending = repair.Mending;
            if (repair.Source is not { } source)
            {
                node.Send(repair.Target, $"{mending.Kind}", other => other.Replica.Mend(mending));
                return;
            }

            node.Send(source, "fetch", holder =>
            {
                if (holder.Replica.Fetch(mending.Key, mending.Stamp) is { } body)
                {
                    holder.Send(repair.Target, $"{mending.Kind}", other => other.Replica.Mend(mending with { Key = body }));
                }
            });
        }

        // Who cannot answer yet is asked again; a pass that cannot end is given up.
        private void Gather<T>(string name, Func<SimNode, T?> question, Action<IReadOnlyDictionary<ReplicaId, T>> then)
            where T : class
        {
            Dictionary<ReplicaId, T> answers = [];
            foreach (var replica in _verification.Replicas.ToList())
            {
                Ask(replica);
            }

            void Ask(ReplicaId replica)
            {
                if (IsDone || !node.IsUp || answers.ContainsKey(replica))
                {
                    return;
                }

                node.Send(replica, $"{name}?", other =>
                {
                    if (other.Answer(node.Id, question) is { } answer)
                    {
                        other.Send(node.Id, name, _ => Take(replica, answer));
                    }
                });
                node._cluster.Scheduler.After(AskAgainMicros, () => Ask(replica));
            }

            void Take(ReplicaId replica, T answer)
            {
                if (!IsDone && answers.TryAdd(replica, answer) && answers.Count == _verification.Replicas.Count)
                {
                    then(answers);
                }
            }
        }
    }
}
