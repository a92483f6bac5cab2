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

    /// <summary>
    /// Returns, as they become known, the incarnations that will not write any more: dead, or on their way out. Of those of one
    /// state of the membership this silo itself comes first: a leader that is dead must not take it for an answer that others
    /// are too.
    /// </summary>
    public async IAsyncEnumerable<ReplicaId> GoneAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<SiloAddress> told = [];
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            foreach (var member in snapshot.Members.Values.OrderByDescending(member => member.SiloAddress.Equals(self.SiloAddress)))
            {
                if (member.Status.IsTerminating() && told.Add(member.SiloAddress))
                {
                    yield return new ReplicaId(member.SiloAddress.ToParsableString());
                }
            }
        }
    }
}
