using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Marks a grain as placed only on silos that are not about to stop.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StayingSilosOnlyAttribute() : PlacementFilterAttribute(new StayingSilosOnly());

/// <inheritdoc cref="StayingSilosOnlyAttribute"/>
internal sealed class StayingSilosOnly() : PlacementFilterStrategy(order: 0);

/// <summary>Leaves out the silos that hand their fragments over.</summary>
internal sealed class StayingSilosDirector(LeavingSilos leaving) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        [.. silos.Where(silo => !leaving.Contains(silo))];
}
