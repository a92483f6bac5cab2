using MimGrains.Core.Consensus;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Orleans' membership table, kept by the listed nodes. Its start waits for a quorum of them; later every call without
/// a quorum ends
/// with <see cref="NoQuorumException"/> after <see cref="CallLimit"/>.
/// </summary>
/// <remarks>All runs on the thread pool: the runtime's own threads must not wait for other nodes.</remarks>
internal sealed class NodeListMembershipTable(
    NodeListRegistry registry, RegisterHost host, RegisterClient client, TimeProvider time) : IMembershipTable
{
    /// <summary>Longest time that a call takes.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

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
        var table = await ReadAsync(cancellationToken);
        return MembershipRows.ToData(table, table.Rows, host.Heartbeats());
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        InsertRowAsync(entry, tableVersion);

    public Task<bool> InsertRowAsync(
        MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        var (row, seen) = (MembershipRows.ToRow(entry), MembershipRows.SeenBy(tableVersion.VersionEtag));
        return ChangeAsync(table => table.Insert(row, seen), cancellationToken);
    }

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion);

    public Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        var (row, seen) = (MembershipRows.ToRow(entry), MembershipRows.SeenBy(tableVersion.VersionEtag));
        return ChangeAsync(table => table.Update(row, MembershipRows.SeenBy(etag), seen), cancellationToken);
    }

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        Task.Run(
            () => client.TellAsync([new Heartbeat(entry.SiloAddress.ToParsableString(), entry.IAmAliveTime.Ticks)]),
            cancellationToken);

    private Task<MembershipTable> ReadAsync(CancellationToken cancellationToken) => Task.Run(
        async () => MembershipTable.Decode(
            (await client.RunAsync(OperationGoal.Read, null, CallLimit, cancellationToken)).Value!.Content),
        cancellationToken);

    private Task<bool> ChangeAsync(Func<MembershipTable, MembershipTable?> change, CancellationToken cancellationToken)
    {
        var onRegister = MembershipChange.Of(change, time.GetUtcNow().UtcTicks);
        return Task.Run(
            async () =>
            {
                var done = await client.RunAsync(OperationGoal.Change, onRegister, CallLimit, cancellationToken);
                return done.HasChanged;
            },
            cancellationToken);
    }
}
