using System.Text.Json.Nodes;
using MimGrains.Benchmarks.Harness;

namespace MimGrains.Benchmarks.Cases;

/// <summary>One question with one figure as its answer, put to a cluster of silo processes.</summary>
internal interface IBenchmarkCase
{
    /// <summary>Returns the name, the same as the peers' case.</summary>
    string Name { get; }

    /// <summary>Returns in one line what is measured.</summary>
    string Summary { get; }

    /// <summary>Returns how many records the cluster holds before.</summary>
    long LoadedRecords { get; }

    /// <summary>Returns whether each run starts with new processes.</summary>
    bool NeedsNewCluster { get; }

    /// <summary>
    /// Returns whether the first run in new processes, which is in good part compilation, is not counted.
    /// </summary>
    bool WarmUpRunNeeded { get; }

    /// <summary>Returns what cluster it wants.</summary>
    ClusterSetup SetupOf(RunSettings settings) => new(settings.Silos, 0, ClusterDiscovery.Sqlite);

    /// <summary>Measures once and returns the fields of the output line; leaves the cluster as it was.</summary>
    Task<JsonObject> RunAsync(BenchmarkCluster cluster, RunSettings settings, CancellationToken cancellationToken);
}
