using MimGrains.Core.Consensus;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Orleans' membership table, kept by the listed nodes. Its start waits for a quorum of them; later every call without
/// a quorum ends with <see cref="NoQuorumException"/> after <see cref="NodeListRegistry.TableCallLimit"/>.
/// </summary>
/// <remarks>All runs on the thread pool: the runtime's own threads must not wait for other nodes.</remarks>
internal sealed class NodeListMembershipTable(
    NodeListRegistry registry, RegisterHost host, RegisterClient client, TimeProvider time) : IMembershipTable
{
    // A silo that has reserved the next change makes it at once, unless it has died meanwhile.
    private static readonly TimeSpan ReservationLimit = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReservationStep = TimeSpan.FromMilliseconds(15);
    private const int ReservationsMax = 10;

    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        InitializeMembershipTableAsync(tryInitTableVersion);

    // The runtime calls this once and gives up at the first error: what can be waited for is waited for here.
    public Task InitializeMembershipTableAsync(
        bool tryInitTableVersion, CancellationToken cancellationToken = default) =>
        Task.Run(() => registry.StartAsync(cancellationToken), cancellationToken);

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default) =>
        ChangeAsync(table => table.Clear(), cancellationToken);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default)
    {
        var heard = host.Heartbeats().ToDictionary(heartbeat => heartbeat.Silo, heartbeat => heartbeat.Ticks);
        return ChangeAsync(
            table => table.Cleanup(
                beforeDate.UtcTicks, row => Math.Max(row.AliveTicks, heard.GetValueOrDefault(row.Silo))),
            cancellationToken);
    }

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key);

    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default)
    {
        var (table, silo) = (await ReadAsync(cancellationToken), key.ToParsableString());
        return MembershipRows.ToData(table, table.Rows.Where(row => row.Silo == silo), host.Heartbeats());
    }

    public Task<MembershipTableData> ReadAll() => ReadAllAsync();

    public async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default)
    {
        var table = registry.IsMoving
            ? await Task.Run(() => ReserveAsync(cancellationToken), cancellationToken)
            : await ReadAsync(cancellationToken);
        return MembershipRows.ToData(table, table.Rows, host.Heartbeats());
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        InsertRowAsync(entry, tableVersion);

    public Task<bool> InsertRowAsync(
        MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        WriteAsync(entry, tableVersion, (table, row, seen) => table.Insert(row, seen), cancellationToken);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion);

    public Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        var rowSeen = MembershipRows.SeenBy(etag);
        return WriteAsync(entry, tableVersion, (table, row, seen) => table.Update(row, rowSeen, seen), cancellationToken);
    }

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        Task.Run(
            () => client.TellAsync([new Heartbeat(entry.SiloAddress.ToParsableString(), entry.IAmAliveTime.Ticks)]),
            cancellationToken);

    private async Task<bool> WriteAsync(
        MembershipEntry entry,
        TableVersion tableVersion,
        Func<MembershipTable, MembershipRow, long, MembershipTable?> write,
        CancellationToken cancellationToken)
    {
        var (row, seen) = (MembershipRows.ToRow(entry), MembershipRows.SeenBy(tableVersion.VersionEtag));
        var isWritten = (await ChangeAsync(table => write(table, row, seen), cancellationToken)).HasChanged;
        if (isWritten)
        {
            registry.OnWritten(row);
        }

        return isWritten;
    }

    private async Task<MembershipTable> ReadAsync(CancellationToken cancellationToken) =>
        TableOf(await RunAsync(OperationGoal.Read, null, cancellationToken));

    // Whoever loses against another silo waits for two seconds and longer before Orleans tries again: silos that start or stop
    // at the same time would lose often. So a silo that reads in order to write lets those go ahead who have said so before.
    private async Task<MembershipTable> ReserveAsync(CancellationToken cancellationToken)
    {
        var (ahead, since) = ((Reservation?)null, time.GetTimestamp());
        for (var attempt = 1; ;)
        {
            var table = await ReadAsync(cancellationToken);
            var over = time.GetElapsedTime(since) >= ReservationLimit ? ahead : null;
            if (!ReferenceEquals(table.Reserve(registry.ReservationName, over), table))
            {
                table = TableOf(await ChangeAsync(
                    found => found.Reserve(registry.ReservationName, over), cancellationToken));
            }

            if (table.Reserved is not { } held || held.Silo == registry.ReservationName || attempt == ReservationsMax)
            {
                return table;
            }

            if (held != ahead)
            {
                (ahead, since, attempt) = (held, time.GetTimestamp(), attempt + 1);
            }

            await Task.Delay(ReservationStep, time, cancellationToken);
        }
    }

    private Task<RegisterOperation> ChangeAsync(
        Func<MembershipTable, MembershipTable?> change, CancellationToken cancellationToken) =>
        RunAsync(
            OperationGoal.Change, MembershipChange.Of(change, time.GetUtcNow().UtcTicks), cancellationToken);

    private Task<RegisterOperation> RunAsync(
        OperationGoal goal, RegisterChange? change, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                return await client.RunAsync(goal, change, registry.TableCallLimit, cancellationToken);
            }
            catch (NoQuorumException)
            {
                registry.OnNoQuorum();
                throw;
            }
        },
        cancellationToken);

    private static MembershipTable TableOf(RegisterOperation done) => MembershipTable.Decode(done.Value!.Content);
}
