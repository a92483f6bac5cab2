using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace MimGrains.Cets.Replicas;

/// <summary>Places a grain on the silo incarnation that its key names, without an entry in the grain directory.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.replica-placement")]
internal sealed class ReplicaPlacement : PlacementStrategy
{
    public override bool IsUsingGrainDirectory => false;
}

/// <summary>Marks a grain as placed by <see cref="ReplicaPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ReplicaPlacementAttribute() : PlacementAttribute(new ReplicaPlacement());

/// <summary>Finds the silo that a key names.</summary>
/// <remarks>
/// What is on its way to a silo that stops or dies gets to any other silo instead, where <see cref="ReplicaGrain"/> drops it: the
/// sender learns as soon as from an answer that nothing waits for that silo any more, and nobody logs an error. A silo that is
/// not known to be active yet has said so itself, else there were no stream to it.
/// </remarks>
internal sealed class ReplicaPlacementDirector(IClusterMembershipService membership, ILocalSiloDetails self) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var silo = SiloAddress.FromParsableString(key);
        var compatible = context.GetCompatibleSilos(target);

        // A silo that stops takes itself off the list before membership says so.
        var isGone = membership.CurrentSnapshot.GetSiloStatus(silo).IsTerminating()
            || (silo.Equals(self.SiloAddress) && !compatible.Contains(silo));
        if (!isGone)
        {
            return Task.FromResult(silo);
        }

        return compatible.Length > 0
            ? Task.FromResult(compatible.Contains(self.SiloAddress) ? self.SiloAddress : compatible[0])
            : throw new ReplicaGoneException(key);
    }
}

/// <summary>A replica cannot be reached: its silo stops or is dead, or another one takes it for dead that this one takes for alive.</summary>
/// <remarks>No <c>OrleansException</c> on purpose: those are tried again by the placement; the stream agent does so anyway.</remarks>
[GenerateSerializer, Alias("mimgrains.replica-gone")]
internal sealed class ReplicaGoneException(string silo) : Exception($"Silo {silo} is not alive: its replica cannot be reached.");
