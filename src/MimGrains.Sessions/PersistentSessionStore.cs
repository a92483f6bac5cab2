using System.Diagnostics.CodeAnalysis;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>Sessions in the persistent table <see cref="PersistentSessionTable.Definition"/>: <c>sm_backend = "mnesia"</c>.</summary>
internal sealed class PersistentSessionStore(IPersistentTable<SessionKey, SessionRecord> table, ITransactions transactions) : ISessionStore
{
    public long Count => table.Count;

    public bool TryGet(SessionKey key, [MaybeNullWhen(false)] out SessionRecord record) => table.TryGet(key, out record);

    public IReadOnlyList<TableEntry<SessionKey, SessionRecord>> OfUser(UserPrefix user) =>
        table.Lookup(PersistentSessionTable.ByUser, user);

    public IReadOnlyList<TableEntry<SessionKey, SessionRecord>> PageOf(ServerPrefix server, SessionKey? after, int limit)
    {
        var range = after is { } key ? KeyRange.GreaterThan(key) : KeyRange.AtLeast(new SessionKey(server.Server, "", "", default));
        return [.. table.Range(range).TakeWhile(entry => server.CompareTo(entry.Key) == 0).Take(limit)];
    }

    public IReadOnlyList<TableEntry<SessionKey, SessionRecord>> Page(SessionKey? after, int limit) =>
        [.. (after is { } key ? table.Range(KeyRange.GreaterThan(key)) : table.Range()).Take(limit)];

    public IEnumerable<TableEntry<SessionKey, SessionRecord>> All() => table.Range();

    public Task InsertAsync(SessionKey key, SessionRecord record, CancellationToken cancellationToken) =>
        PersistentErrors.TellAsync(transactions.SyncDirtyAsync(
            async activity => await activity.WriteAsync(PersistentSessionTable.Definition, key, record), cancellationToken));

    public Task InsertManyAsync(
        IReadOnlyCollection<TableEntry<SessionKey, SessionRecord>> entries, CancellationToken cancellationToken) =>
        PersistentErrors.TellAsync(transactions.SyncTransactionAsync(
            async transaction =>
            {
                foreach (var (key, record) in entries)
                {
                    await transaction.WriteAsync(PersistentSessionTable.Definition, key, record);
                }
            },
            cancellationToken: cancellationToken));

    public Task DeleteAsync(SessionKey key, CancellationToken cancellationToken) => PersistentErrors.TellAsync(transactions.SyncDirtyAsync(
        async activity => await activity.DeleteAsync(PersistentSessionTable.Definition, key), cancellationToken));

    public Task DeleteManyAsync(IReadOnlyCollection<SessionKey> keys, CancellationToken cancellationToken) =>
        PersistentErrors.TellAsync(transactions.SyncTransactionAsync(
            async transaction =>
            {
                foreach (var key in keys)
                {
                    await transaction.DeleteAsync(PersistentSessionTable.Definition, key);
                }
            },
            cancellationToken: cancellationToken));
}
