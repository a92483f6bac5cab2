using System.Diagnostics.CodeAnalysis;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>Sessions in the replicated table <see cref="SessionTable.Definition"/>: <c>sm_backend = "cets"</c>.</summary>
internal sealed class ReplicatedSessionStore : ISessionStore
{
    private readonly IReplicatedTable<SessionKey, SessionRecord> _table;

    public ReplicatedSessionStore(IReplicatedTable<SessionKey, SessionRecord> table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    public long Count => _table.Count;

    public bool TryGet(SessionKey key, [MaybeNullWhen(false)] out SessionRecord record) => _table.TryGet(key, out record);

    public IReadOnlyList<TableEntry<SessionKey, SessionRecord>> OfUser(UserPrefix user) => _table.Scan(user);

    public IReadOnlyList<TableEntry<SessionKey, SessionRecord>> PageOf(ServerPrefix server, SessionKey? after, int limit) =>
        after is { } key ? _table.ScanPage(server, key, limit) : _table.ScanPage(server, limit);

    public IReadOnlyList<TableEntry<SessionKey, SessionRecord>> Page(SessionKey? after, int limit) => after is { } key
        ? _table.ScanPage(default(AllSessions), key, limit)
        : _table.ScanPage(default(AllSessions), limit);

    public IEnumerable<TableEntry<SessionKey, SessionRecord>> All() => _table.Dump();

    public Task InsertAsync(SessionKey key, SessionRecord record, CancellationToken cancellationToken) =>
        _table.InsertAsync(key, record, cancellationToken);

    public Task InsertManyAsync(
        IReadOnlyCollection<TableEntry<SessionKey, SessionRecord>> entries, CancellationToken cancellationToken) =>
        _table.InsertManyAsync(entries, cancellationToken);

    public Task DeleteAsync(SessionKey key, CancellationToken cancellationToken) => _table.DeleteAsync(key, cancellationToken);

    public Task DeleteManyAsync(IReadOnlyCollection<SessionKey> keys, CancellationToken cancellationToken) =>
        _table.DeleteManyAsync(keys, cancellationToken);
}
