using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace MimGrains.Cets.Clients;

/// <summary>
/// Says of the grains that answer clients that they are nowhere yet, so that each silo makes its own. Orleans would ask the
/// silo whose part of the directory they are in, which a silo that is cut off from it waits for in vain.
/// </summary>
internal sealed class LocalWorkerDirectory : IGrainDirectory, IGrainDirectoryResolver
{
    private const string TypePrefix = "mimgrains.";
    private const string StatelessWorkers = "StatelessWorkerPlacement";

    public bool TryResolveGrainDirectory(
        GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
    {
        var isWorker = properties?.Properties.GetValueOrDefault(WellKnownGrainTypeProperties.PlacementStrategy) == StatelessWorkers
            && grainType.ToString()!.StartsWith(TypePrefix, StringComparison.Ordinal);
        grainDirectory = isWorker ? this : null;
        return isWorker;
    }

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult<GrainAddress?>(null);

    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(address);

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
