using Microsoft.Extensions.Logging;
using MimGrains.Cets.Membership;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Operation;

// Add: in the catalog, so that hellos are answered -> join as at the start of a silo.
// Remove: no more writes -> own records deleted -> all applied everywhere -> out of the catalog -> the others told.
internal sealed partial class TableOperator
{
    private const int LeaveTries = 3;

    private readonly SemaphoreSlim _changes = new(1);

    public async Task<IReplicatedTable<TKey, TRecord>> AddAsync<TKey, TRecord>(
        TableDefinition<TKey, TRecord> definition, CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentNullException.ThrowIfNull(definition);
        await silos.WaitUntilActiveAsync(cancellationToken);
        await _changes.WaitAsync(cancellationToken);
        try
        {
            if (catalog.Find(definition.Name) is null)
            {
                await AddAsync(catalog.Make(definition), cancellationToken);
            }
            else if (catalog.Find(definition.Name)!.Description != definition.Describe())
            {
                throw new ArgumentException(
                    $"This silo holds {catalog.Find(definition.Name)!.Description}, which is not {definition.Describe()}.",
                    nameof(definition));
            }
        }
        finally
        {
            _changes.Release();
        }

        var table = catalog.Get<TKey, TRecord>(definition.Name);
        await table.WaitForReadyAsync(cancellationToken);
        return table;
    }

    public async Task<IReplicatedBag<TKey, TRecord>> AddBagAsync<TKey, TRecord>(
        BagDefinition<TKey, TRecord> definition, CancellationToken cancellationToken = default)
        where TKey : notnull
        where TRecord : notnull
    {
        ArgumentNullException.ThrowIfNull(definition);
        await AddAsync(definition.Table, cancellationToken);
        return catalog.GetBag(definition);
    }

    public async Task RemoveAsync(string table, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        await _changes.WaitAsync(cancellationToken);
        try
        {
            if (catalog.Find(table) is { } host)
            {
                await RemoveAsync(host, cancellationToken);
            }
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task AddAsync(TableHost host, CancellationToken cancellationToken)
    {
        catalog.Add(host);
        try
        {
            await new TableJoiner(host, silos, services, carrier, _logger).JoinAsync(cancellationToken);
            LogAdded(_logger, host.Name);
        }
        catch
        {
            // Nothing was written here; who was greeted must not wait for it.
            await LeaveAsync(host);
            throw;
        }
    }

    private async Task RemoveAsync(TableHost host, CancellationToken cancellationToken)
    {
        host.Close("it is being removed from this silo");
        try
        {
            if (host.IsRemovedWithOwner)
            {
                host.DeleteOwned();
            }

            await host.Barrier().WaitAsync(cancellationToken);
        }
        catch
        {
            host.Reopen();
            throw;
        }

        await LeaveAsync(host);
        LogRemoved(_logger, host.Name);
    }

    private Task LeaveAsync(TableHost host)
    {
        var peers = host.Locked(replica => replica.Peers.ToArray());
        catalog.Remove(host);
        return Task.WhenAll(peers.Select(peer => TellAsync(host, peer)));
    }

    // Who is not reached goes on sending, and is acknowledged: it waits for nothing.
    private async Task TellAsync(TableHost host, ReplicaId peer)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await services.Of(peer).Leave(host.Name, host.Replica.Self.Value, host.Replica.LastSequence)
                    .WaitAsync(options.Value.DeliveryTimeout);
                return;
            }
            catch (Exception exception) when (tries < LeaveTries)
            {
                LogNotTold(_logger, host.Name, peer.Value, exception.Message);
            }
            catch (Exception exception)
            {
                LogNotTold(_logger, host.Name, peer.Value, exception.Message);
                return;
            }
        }
    }

    [LoggerMessage(CetsEventId.TableAdded, LogLevel.Information, "Table {Table}: added to this silo")]
    private static partial void LogAdded(ILogger logger, string table);

    [LoggerMessage(CetsEventId.TableRemoved, LogLevel.Information, "Table {Table}: removed from this silo")]
    private static partial void LogRemoved(ILogger logger, string table);

    [LoggerMessage(CetsEventId.LeaveNotTold, LogLevel.Warning,
        "Table {Table}: {Silo} was not told that this silo does not hold it any more: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string table, string silo, string reason);
}
