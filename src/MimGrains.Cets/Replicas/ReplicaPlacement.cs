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
internal sealed class ReplicaPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var silo = SiloAddress.FromParsableString(key);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? Task.FromResult(silo)
            : throw new ReplicaGoneException(key);
    }
}

/// <summary>The silo that holds a replica is not alive.</summary>
/// <remarks>No <c>OrleansException</c> on purpose: those are tried again by the placement, and a dead silo stays dead.</remarks>
internal sealed class ReplicaGoneException(string silo) : Exception($"Silo {silo} is not alive: its replica cannot be reached.");
