using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Runtime.Membership;

namespace MimGrains.Clustering.Rdbms;

/// <summary>
/// Orleans' ADO.NET gateway list; its start waits until the database answers and has the schema. Until it has found a gateway,
/// it says which cluster it looks for and where.
/// </summary>
internal sealed partial class RdbmsGatewayListProvider(
    AdoNetGatewayListProvider inner,
    RdbmsDatabase database,
    IOptions<ClusterOptions> cluster,
    TimeProvider time,
    ILogger<RdbmsGatewayListProvider> logger)
    : IGatewayListProvider
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private bool _hasFoundGateways;

    public TimeSpan MaxStaleness => inner.MaxStaleness;

    // Part of Orleans' contract, though it is not asked any more.
    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync(CancellationToken.None);

    public async Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                await RequireSchemaAsync(cancellationToken);
                await inner.InitializeGatewayListProviderAsync(cancellationToken);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                if (RdbmsException.OfPermanent(exception, database) is { } permanent)
                {
                    throw permanent;
                }

                LogAway(_logger, database.Display, exception.GetBaseException().Message, (long)RetryPause.TotalMilliseconds);
            }

            await Task.Delay(RetryPause, time, cancellationToken);
        }
    }

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync(CancellationToken.None);

    /// <exception cref="SiloUnavailableException">
    /// No gateway has been found yet. Orleans' own retry filter tries again on that, for about three minutes.
    /// </exception>
    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default)
    {
        var gateways = await inner.GetGatewaysAsync(cancellationToken);
        if (gateways.Count == 0 && !_hasFoundGateways)
        {
            LogNoGateway(_logger, cluster.Value.ServiceId, cluster.Value.ClusterId, database.Display);
            throw new SiloUnavailableException(
                $"No silo of cluster {cluster.Value.ServiceId} ({cluster.Value.ClusterId}) is active in {database.Display}. " +
                "Start one, or correct internal_databases.cets.cluster_name or the database.");
        }

        _hasFoundGateways = true;
        return gateways;
    }

    // The first silo that starts makes the file and the schema; a client makes neither.
    private async Task RequireSchemaAsync(CancellationToken cancellationToken)
    {
        if (database.File is { } file && !File.Exists(file))
        {
            throw new InvalidOperationException("The file is not there yet. The first silo that starts makes it.");
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        if (!await SchemaInstaller.IsThereAsync(connection, database.Driver, cancellationToken))
        {
            throw new InvalidOperationException("The database has no schema yet. The first silo that starts applies it.");
        }
    }

    [LoggerMessage(ClusteringEventId.DatabaseAway, LogLevel.Warning,
        "Client waits for {Database}, in which silos keep their addresses: {Reason}; next try in {DelayMs} ms")]
    private static partial void LogAway(ILogger logger, string database, string reason, long delayMs);

    [LoggerMessage(ClusteringEventId.NoGateway, LogLevel.Warning,
        "No silo of cluster {Cluster} ({Namespace}) is active in {Database}: start one, or correct " +
        "internal_databases.cets.cluster_name or the database")]
    private static partial void LogNoGateway(ILogger logger, string cluster, string @namespace, string database);
}
