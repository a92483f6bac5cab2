using Microsoft.Extensions.Logging;
using Orleans.Messaging;
using Orleans.Runtime.Membership;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Orleans' ADO.NET gateway list; its start waits until the database answers and has the schema.</summary>
internal sealed partial class RdbmsGatewayListProvider(
    AdoNetGatewayListProvider inner, RdbmsDatabase database, TimeProvider time, ILogger<RdbmsGatewayListProvider> logger)
    : IGatewayListProvider
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;

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

    public Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default) =>
        inner.GetGatewaysAsync(cancellationToken);

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
}
