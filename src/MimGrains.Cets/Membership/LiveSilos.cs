using MimGrains.Core.Identity;

namespace MimGrains.Cets.Membership;

/// <summary>Which silos count as live for replicated tables: those that membership says are active.</summary>
internal sealed class LiveSilos(IClusterMembershipService membership, ILocalSiloDetails self)
{
    /// <summary>Returns the active silos other than this one, ascending.</summary>
    public IReadOnlyList<ReplicaId> Others() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(self.SiloAddress))
            .Select(member => new ReplicaId(member.SiloAddress.ToParsableString()))
            .Order(),
    ];

    /// <summary>Returns what <see cref="AllGoneAsync"/> would return now.</summary>
    public IReadOnlyList<ReplicaId> Gone() => GoneIn(membership.CurrentSnapshot);

    /// <summary>
    /// Completes when this silo sees itself active. Every silo that became active before is in that view, and every later one
    /// sees this silo: of any two, one says hello to the other.
    /// </summary>
    public async Task WaitUntilActiveAsync(CancellationToken cancellationToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            if (snapshot.GetSiloStatus(self.SiloAddress) == SiloStatus.Active)
            {
                return;
            }
        }
    }

    /// <summary>As <see cref="AllGoneAsync"/>, each incarnation once, as it becomes known.</summary>
    public async IAsyncEnumerable<ReplicaId> GoneAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<ReplicaId> told = [];
        await foreach (var gone in AllGoneAsync(cancellationToken))
        {
            foreach (var silo in gone.Where(told.Add))
            {
                yield return silo;
            }
        }
    }

    /// <summary>
    /// Returns, with every state of the membership that has new ones, all incarnations that will not write any more: dead, or on
    /// their way out. This silo may be among them.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<ReplicaId>> AllGoneAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<ReplicaId> told = [];
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            var gone = GoneIn(snapshot);
            var toldBefore = told.Count;
            told.UnionWith(gone);
            if (told.Count > toldBefore)
            {
                yield return gone;
            }
        }
    }

    private static List<ReplicaId> GoneIn(ClusterMembershipSnapshot snapshot) =>
    [
        .. snapshot.Members.Values.Where(member => member.Status.IsTerminating())
            .Select(member => new ReplicaId(member.SiloAddress.ToParsableString())),
    ];
}
