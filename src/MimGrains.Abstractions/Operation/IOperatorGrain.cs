using MimGrains.Tables;

namespace MimGrains.Operation;

/// <summary>
/// Passes what operators ask to <see cref="IClusterOperator"/> on the client's gateway silo. Its key is without meaning: use
/// <see cref="Key"/>.
/// </summary>
[Alias("mimgrains.operator-grain")]
public interface IOperatorGrain : IGrainWithIntegerKey
{
    /// <summary>The key to use.</summary>
    const long Key = 0;

    /// <inheritdoc cref="IClusterOperator.SystemInfoAsync"/>
    [Alias("system-info")]
    Task<CetsSystemInfo> SystemInfoAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IClusterOperator.Nodes"/>
    [Alias("nodes")]
    Task<ClusterNode[]> NodesAsync();

    /// <inheritdoc cref="IClusterOperator.Tables"/>
    [Alias("tables")]
    Task<TableInfo[]> TablesAsync();

    /// <inheritdoc cref="IClusterOperator.VerifyAsync"/>
    [Alias("verify")]
    [ResponseTimeout("00:05:00")]
    Task<TableVerification> VerifyAsync(string table, CancellationToken cancellationToken);

    /// <inheritdoc cref="IClusterOperator.EvictAsync"/>
    [Alias("evict")]
    Task<string> EvictAsync(string silo, CancellationToken cancellationToken);

    /// <inheritdoc cref="IClusterOperator.ConfirmList"/>
    [Alias("confirm-list")]
    Task<string[]> ConfirmListAsync();

    /// <summary>Begins a watch, and returns its id on this silo.</summary>
    /// <exception cref="KeyNotFoundException">The silo does not hold the table.</exception>
    [Alias("begin-watch")]
    Task<Guid> BeginWatchAsync(string table);

    /// <summary>Returns the next changes of a watch, none after some seconds without one; null when this silo does not know it.</summary>
    [Alias("next-changes")]
    Task<TableChangeText[]?> NextChangesAsync(Guid watch);

    /// <summary>Ends a watch.</summary>
    [Alias("end-watch")]
    Task EndWatchAsync(Guid watch);
}
