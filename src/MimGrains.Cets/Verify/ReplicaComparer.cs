using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Verify;
using MimGrains.Tables;

namespace MimGrains.Cets.Verify;

// The steps are those of Verification: digests -> listings -> two looks -> differences -> fetch and mend.
/// <summary>Compares the replicas of a table on all live silos, and mends them.</summary>
internal sealed class ReplicaComparer(VerifyServiceClient services, TimeProvider time)
{
    private const int RepairsPerCall = 128;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DigestPause = TimeSpan.FromMilliseconds(20);
    private readonly VerifyServiceClient _services = services;
    private readonly TimeProvider _time = time;

    /// <summary>Compares; whoever does not answer is left out, and named.</summary>
    /// <exception cref="TableUnavailableException">The replica of this silo has not joined.</exception>
    public async Task<(Verification Result, IReadOnlyDictionary<ReplicaId, string> Silent)> CompareAsync(
        TableHost table, CancellationToken cancellationToken)
    {
        Dictionary<ReplicaId, string> silent = [];
        while (true)
        {
            var replicas = table.Locked(replica => replica.IsReady ? replica.Peers.Append(replica.Self).ToList() : null)
                ?? throw new TableUnavailableException(table.Name, "this silo has not joined it");

            // Who died meanwhile is no silo that did not answer.
            silent.Keys.Except(replicas).ToList().ForEach(gone => silent.Remove(gone));
            try
            {
                return (await new Pass(this, table, replicas.Except(silent.Keys)).RunAsync(cancellationToken), silent);
            }
            catch (SilentReplicaException exception) when (exception.Silo != table.Replica.Self)
            {
                silent[exception.Silo] = exception.Message;
            }
        }
    }

    /// <summary>Mends what differs, so many keys a second. Returns how many were changed.</summary>
    public async Task<int> MendAsync(
        TableHost table, IReadOnlyList<Repair> repairs, int keysPerSecond, CancellationToken cancellationToken)
    {
        var mended = 0;
        foreach (var group in repairs.GroupBy(repair => (repair.Target, repair.Source)))
        {
            foreach (var some in group.Chunk(Math.Min(RepairsPerCall, keysPerSecond)))
            {
                mended += await MendAsync(table, group.Key.Target, group.Key.Source, some, cancellationToken);
                await Task.Delay(TimeSpan.FromSeconds((double)some.Length / keysPerSecond), _time, cancellationToken);
            }
        }

        return mended;
    }

    private async Task<int> MendAsync(
        TableHost table, ReplicaId target, ReplicaId? source, Repair[] repairs, CancellationToken cancellationToken)
    {
        var self = table.Replica.Self.Value;
        var mendings = repairs.Select(repair => new WireMending(
            WireStamped.From(repair.Mending.Key, repair.Mending.Stamp), repair.Mending.Kind, repair.Mending.Purged)).ToArray();
        if (source is { } holder)
        {
            var bodies = await _services.Of(holder).Fetch(table.Name, self, [.. mendings.Select(mending => mending.Write)])
                .WaitAsync(AnswerTimeout, _time, cancellationToken) ?? [];
            mendings = [.. mendings.Zip(bodies).Where(pair => pair.Second is not null)
                .Select(pair => pair.First with { Write = pair.First.Write with { Key = pair.Second } })];
        }

        return await _services.Of(target).Mend(table.Name, self, mendings).WaitAsync(AnswerTimeout, _time, cancellationToken);
    }

    /// <summary>A replica did not answer.</summary>
    private sealed class SilentReplicaException(ReplicaId silo, string reason) : Exception(reason)
    {
        public ReplicaId Silo => silo;
    }

    /// <summary>One comparison of replicas that all answer.</summary>
    private sealed class Pass(ReplicaComparer comparer, TableHost table, IEnumerable<ReplicaId> replicas)
    {
        private readonly Verification _verification = new(replicas);
        private readonly string _self = table.Replica.Self.Value;

        public async Task<Verification> RunAsync(CancellationToken cancellationToken)
        {
            while (_verification.OnDigests(await AskAllAsync(DigestAsync, cancellationToken)))
            {
                await Task.Delay(DigestPause, comparer._time, cancellationToken);
            }

            while (_verification.TakeBuckets() is { Count: > 0 } buckets)
            {
                _verification.OnListings(await AskAllAsync(service => ListAsync(service, [.. buckets]), cancellationToken));
                while (_verification.TakeKeys() is { Count: > 0 } keys)
                {
                    _verification.OnLooks(await AskAllAsync(service => LookAsync(service, keys), cancellationToken));
                    _verification.OnLooks(await AskAllAsync(service => LookAsync(service, keys), cancellationToken));
                }
            }

            return _verification;
        }

        private async Task<DigestReply?> DigestAsync(IVerifyService service) =>
            (await service.Digest(table.Name, _self))?.ToReply();

        private async Task<Listing?> ListAsync(IVerifyService service, int[] buckets)
        {
            VersionVector? first = null;
            List<ListedWrite> writes = [];
            byte[]? after = null;
            while (await service.List(table.Name, _self, buckets, after) is { } page)
            {
                first ??= page.Vector.ToVector();
                writes.AddRange(page.Writes.Select(write => new ListedWrite(write.Key, write.Stamp)));
                if (page.IsLast)
                {
                    return new Listing(first, writes);
                }

                after = page.Writes[^1].Key.ToArray();
            }

            return null;
        }

        private async Task<LookReply?> LookAsync(IVerifyService service, IReadOnlyList<ReadOnlyMemory<byte>> keys) =>
            (await service.Look(new WireLookRequest(
                table.Name,
                _self,
                [.. keys],
                WireVector.From(_verification.Awaited),
                [.. _verification.Dead.Select(dead => dead.Value)])))?.ToReply();

        private async Task<IReadOnlyDictionary<ReplicaId, T>> AskAllAsync<T>(
            Func<IVerifyService, Task<T?>> ask, CancellationToken cancellationToken)
            where T : class
        {
            var answers = await Task.WhenAll(_verification.Replicas.Select(async replica =>
                KeyValuePair.Create(replica, await AskAsync(replica, ask, cancellationToken))));
            return new Dictionary<ReplicaId, T>(answers);
        }

        private async Task<T> AskAsync<T>(
            ReplicaId replica, Func<IVerifyService, Task<T?>> ask, CancellationToken cancellationToken)
            where T : class
        {
            try
            {
                return await ask(comparer._services.Of(replica)).WaitAsync(AnswerTimeout, comparer._time, cancellationToken)
                    ?? throw new SilentReplicaException(replica, "its table is not ready");
            }
            catch (Exception exception) when (exception is not (OperationCanceledException or SilentReplicaException))
            {
                throw new SilentReplicaException(replica, exception.Message);
            }
        }
    }
}
