using Microsoft.Extensions.Logging;
using MimGrains.Cets.Membership;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Operation;

// Add: in the catalog, so that hellos are answered -> told who is dead -> join as at the start of a silo.
// Remove: no more writes -> own records deleted -> all applied everywhere -> out of the catalog -> the others told.
internal sealed partial class TableOperator
{
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

        // It was not there when they died; deaths that become known from now on reach it. Whoever asks it must be told, also when
        // nobody else dies.
        var dead = silos.Gone().Union(catalog.Hosts.SelectMany(other => other.Locked(replica => replica.DeadReplicas))).ToList();
        host.LockedAndComplete(replica =>
        {
            replica.NoteDeaths(dead);
            return true;
        });
        if (!host.TryBeginJoin())
        {
            // The silo is just starting, and joins it with the others.
            return;
        }

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
            await UntilLeftAsync(host, cancellationToken);
        }
        catch
        {
            host.Reopen();
            throw;
        }

        await LeaveAsync(host);
        LogRemoved(_logger, host.Name);
    }

    // Normally at once: only while a silo has just died there is something that others may still have to learn from this one.
    private async Task UntilLeftAsync(TableHost host, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(options.Value.WriteTimeout);
        try
        {
            while (!host.Locked(replica => replica.TryLeave()))
            {
                await Task.Delay(options.Value.HeartbeatPeriod, late.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TableUnavailableException(host.Name, "it cannot be removed now: silos are still levelling what a dead one has written");
        }
    }

    private Task LeaveAsync(TableHost host)
    {
        var leaves = host.Locked(replica => replica.Peers.Select(peer => (peer, new WireLeave(
            host.Name, replica.Self.Value, replica.LastSequence, host.JoinPlan.LastAttempt, replica.HelloAttemptOf(peer)))).ToList());
        catalog.Remove(host);
        return Task.WhenAll(leaves.Select(leave => TellAsync(leave.peer, leave.Item2)));
    }

    private async Task TellAsync(ReplicaId peer, WireLeave leave)
    {
        if (!await TryTellAsync(peer, leave))
        {
            // Its writes are acknowledged meanwhile: it waits for nothing. But it must know once somebody else has died.
            _ = Task.Run(() => KeepTellingAsync(peer, leave));
        }
    }

    private async Task KeepTellingAsync(ReplicaId peer, WireLeave leave)
    {
        do
        {
            await Task.Delay(options.Value.HeartbeatPeriod);
        }
        while (silos.Others().Contains(peer) && !await TryTellAsync(peer, leave));
    }

    private async Task<bool> TryTellAsync(ReplicaId peer, WireLeave leave)
    {
        try
        {
            await services.Of(peer).Leave(leave).WaitAsync(options.Value.DeliveryTimeout);
            return true;
        }
        catch (Exception exception)
        {
            LogNotTold(_logger, leave.Table, peer.Value, exception.Message);
            return false;
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
