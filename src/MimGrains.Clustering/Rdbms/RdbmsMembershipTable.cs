using MimGrains.Configuration;
using Orleans.Runtime.MembershipService;

namespace MimGrains.Clustering.Rdbms;

/// <summary>
/// Orleans' ADO.NET membership, in the namespace of a cluster name. Its start waits for the database, brings the schema and
/// gives this node its number; everything else is passed on.
/// </summary>
/// <remarks>
/// SQLite's provider has no asynchronous calls: its calls run on the thread pool, lest a wait for the file's lock stop the
/// thread of the runtime that asks.
/// </remarks>
internal sealed class RdbmsMembershipTable(AdoNetClusteringTable inner, NodeRegistry registry, RdbmsDatabase database)
    : IMembershipTable
{
    private readonly bool _offload = database.Driver == RdbmsDriver.Sqlite;

    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        InitializeMembershipTableAsync(tryInitTableVersion, CancellationToken.None);

    // The runtime calls this once and gives up at the first error: what can be waited for is waited for here.
    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default) =>
        RunAsync(
            () => registry.StartAsync(
                token => inner.InitializeMembershipTableAsync(tryInitTableVersion, token), cancellationToken),
            cancellationToken);

    public Task DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken), cancellationToken);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate);

    public Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.CleanupDefunctSiloEntriesAsync(beforeDate, cancellationToken), cancellationToken);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => ReadRowAsync(key);

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.ReadRowAsync(key, cancellationToken), cancellationToken);

    public Task<MembershipTableData> ReadAll() => ReadAllAsync();

    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.ReadAllAsync(cancellationToken), cancellationToken);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion);

    public Task<bool> InsertRowAsync(
        MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.InsertRowAsync(entry, tableVersion, cancellationToken), cancellationToken);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        UpdateRowAsync(entry, etag, tableVersion);

    public Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.UpdateRowAsync(entry, etag, tableVersion, cancellationToken), cancellationToken);

    public Task UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry);

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        RunAsync(() => inner.UpdateIAmAliveAsync(entry, cancellationToken), cancellationToken);

    private Task RunAsync(Func<Task> call, CancellationToken cancellationToken) =>
        _offload ? Task.Run(call, cancellationToken) : call();

    private Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken) =>
        _offload ? Task.Run(call, cancellationToken) : call();
}
