using MimGrains.Tables;

namespace MimGrains.Operation;

/// <summary>
/// What operators ask of a cluster, whatever its tables hold. A service of every silo; all members may be called from any
/// thread. Orleans clients call <see cref="IOperatorGrain"/>.
/// </summary>
public interface IClusterOperator
{
    /// <summary>Returns whether the nodes hold the same tables.</summary>
    /// <remarks>Asks every live silo, each for at most 5 s.</remarks>
    Task<CetsSystemInfo> SystemInfoAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the nodes that discovery knows, and those that are alive, ascending by name.</summary>
    IReadOnlyList<ClusterNode> Nodes();

    /// <summary>Returns the state of all tables of this silo, ascending by name.</summary>
    IReadOnlyList<TableInfo> Tables();

    /// <summary>Compares the replicas of a table on all live silos, while writers go on.</summary>
    /// <exception cref="KeyNotFoundException">This silo does not hold the table.</exception>
    /// <exception cref="TableUnavailableException">This silo has not joined it.</exception>
    Task<TableVerification> VerifyAsync(string table, CancellationToken cancellationToken = default);

    /// <summary>Lists the records of a table, then tells its changes, until cancelled.</summary>
    /// <exception cref="KeyNotFoundException">This silo does not hold the table.</exception>
    IAsyncEnumerable<TableChangeText> WatchAsync(string table, CancellationToken cancellationToken = default);

    /// <summary>Declares a silo dead: its sessions and other records go, and it stops when it learns of it.</summary>
    /// <param name="silo">A node's name, or <c>SiloAddress.ToParsableString()</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The silo that is dead now.</returns>
    /// <exception cref="KeyNotFoundException">No such silo is alive.</exception>
    /// <exception cref="ArgumentException">That is the silo that was asked; it must be another one.</exception>
    /// <exception cref="InvalidOperationException">Membership refused, such as without a quorum.</exception>
    Task<string> EvictAsync(string silo, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Clustering.INodeListConfirmation.Confirm"/>
    /// <exception cref="InvalidOperationException">This cluster does not form from a list, or this node has none.</exception>
    IReadOnlyList<string> ConfirmList();
}
