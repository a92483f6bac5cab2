using Microsoft.Extensions.Logging;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

// take: behind those before, by compare-and-set -> each of them retires, or its silo is dead and levelled here -> settle: alone
/// <summary>Makes an activation the owner of its fragment. Thread-safe.</summary>
internal sealed partial class FragmentDirectory(
    TableCatalog catalog, FragmentServiceClient services, FragmentRegistry registry, TimeProvider time, ILogger<FragmentDirectory> logger)
{
    private const string TablesPrefix = "mnesia$";

    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetireTimeout = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;

    private IReplicatedTable<string, FragmentOwnersRecord> Table =>
        catalog.Get<string, FragmentOwnersRecord>(FragmentOwnersRecord.TableName);

    private TableHost Host => catalog.Find(FragmentOwnersRecord.TableName)!;

    /// <summary>Returns this silo's name as a replica.</summary>
    public ReplicaId Self => Host.Replica.Self;

    /// <summary>Returns the incarnations that are known to be dead here.</summary>
    public IReadOnlyList<ReplicaId> Dead => Host.Locked(replica => replica.DeadReplicas);

    /// <summary>Whether an incarnation is known to be dead here: nothing that it asks for counts any more.</summary>
    public bool IsDead(ReplicaId silo) => Host.Locked(replica => replica.IsDead(silo));

    /// <summary>Returns the epoch of a fragment's owner as this silo knows it; 0 if there is none.</summary>
    public long EpochOf(FragmentId id) =>
        Table.TryGet(id.ToString(), out var record) ? record.ToOwners().Owner!.Value.Epoch : 0;

    /// <summary>Makes this silo the owner of a fragment; it must not answer before <see cref="SettleAsync"/>.</summary>
    public async Task<FragmentOwner> TakeAsync(FragmentId id, CancellationToken cancellationToken)
    {
        await Table.WaitForReadyAsync(cancellationToken);
        while (true)
        {
            var key = id.ToString();
            var found = Table.TryGet(key, out var record) ? record : null;
            var before = found ?? FragmentOwnersRecord.Nobody;
            var next = before.ToOwners().Take(Self);
            var isTaken = found is null
                ? await Table.InsertNewAsync(key, before.With(next), cancellationToken)
                : await Table.CompareAndSetAsync(key, found, before.With(next), cancellationToken);
            if (isTaken)
            {
                return next.Owner!.Value;
            }

            await Task.Delay(AgainPause, time, cancellationToken);
        }
    }

    /// <summary>Completes when nobody else answers for the fragment.</summary>
    /// <returns>What is known of it.</returns>
    /// <exception cref="FragmentGoneException">Another activation follows.</exception>
    public async Task<FragmentOwnersRecord> SettleAsync(FragmentId id, FragmentOwner owner, CancellationToken cancellationToken)
    {
        while (true)
        {
            var record = Read(id, owner);
            var owners = record.ToOwners();
            foreach (var other in owners.Before(owner))
            {
                await RetireAsync(id, other, cancellationToken);
            }

            var settled = owners.Owners.Count == 1 ? record : record.With(owners.Settle(owner)!);
            if (settled == record || await Table.CompareAndSetAsync(id.ToString(), record, settled, cancellationToken))
            {
                return settled;
            }
        }
    }

    /// <summary>Notes what an owner has done, before it answers anybody.</summary>
    /// <param name="id">The fragment.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="hasRecords">Whether the copies of all live silos have the records.</param>
    /// <param name="preparedFor">The change for which it is prepared; empty if the owner is about to answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="FragmentGoneException">Another activation follows: it must do that once more.</exception>
    public async Task MarkAsync(
        FragmentId id, FragmentOwner owner, bool hasRecords, string preparedFor, CancellationToken cancellationToken)
    {
        var record = Read(id, owner);
        var next = record with { HasRecords = hasRecords, PreparedFor = preparedFor };
        if (next != record && !await Table.CompareAndSetAsync(id.ToString(), record, next, cancellationToken))
        {
            throw Followed(id, owner);
        }
    }

    /// <summary>Whether a fragment is prepared for a change: nobody answers for it until that is settled.</summary>
    public bool IsPrepared(FragmentId id, StorageChange change) =>
        Table.TryGet(id.ToString(), out var record) && record.PreparedFor == change.Id;

    private FragmentOwnersRecord Read(FragmentId id, FragmentOwner owner) =>
        Table.TryGet(id.ToString(), out var record) && record.ToOwners().Owner == owner
            ? record
            : throw Followed(id, owner);

    private static FragmentGoneException Followed(FragmentId id, FragmentOwner owner) =>
        new($"Fragment {id}: epoch {owner.Epoch} is followed by another one.");

    private async Task RetireAsync(FragmentId id, FragmentOwner other, CancellationToken cancellationToken)
    {
        for (var attempt = 1; !IsLevelled(other.Silo); attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // The silo may be this one: an activation that is not quite gone.
                await (other.Silo == Self
                    ? registry.RetireAsync(id, other.Epoch)
                    : services.Of(other.Silo).Retire(WireFragment.Of(id), other.Epoch)).WaitAsync(RetireTimeout, time, cancellationToken);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Not there any more, or on its way there: asked again, until it answers or the survivors have levelled.
                LogWaits(_logger, id, other.Silo, attempt, exception.Message);
            }

            await Task.Delay(AgainPause, time, cancellationToken);
        }
    }

    // Every survivor has answered for it: all of them know that it is dead, and this silo has what it wrote.
    private bool IsLevelled(ReplicaId silo) => catalog.Hosts.Where(host => host.Name.StartsWith(TablesPrefix, StringComparison.Ordinal))
        .All(host => host.Locked(replica => replica.IsDead(silo) && replica.HasLevelledTheDead()));

    [LoggerMessage(FragmentEventId.Waits, LogLevel.Debug,
        "Fragment {Fragment}: waits for {Silo} to give it up, attempt {Attempt}: {Reason}")]
    private static partial void LogWaits(ILogger logger, FragmentId fragment, ReplicaId silo, int attempt, string reason);
}
