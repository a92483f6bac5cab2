using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>What the sessions of a silo are kept in. Reads are local; a write returns when every live silo has it.</summary>
internal interface ISessionStore
{
    long Count { get; }

    bool TryGet(SessionKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out SessionRecord record);

    /// <summary>Returns the sessions of a user, ascending by key.</summary>
    IReadOnlyList<TableEntry<SessionKey, SessionRecord>> OfUser(UserPrefix user);

    /// <summary>Returns the first sessions of a server, after a key if there is one, ascending by key.</summary>
    IReadOnlyList<TableEntry<SessionKey, SessionRecord>> PageOf(ServerPrefix server, SessionKey? after, int limit);

    /// <summary>Returns the first sessions, after a key if there is one, ascending by key.</summary>
    IReadOnlyList<TableEntry<SessionKey, SessionRecord>> Page(SessionKey? after, int limit);

    /// <summary>Enumerates all sessions, ascending by key.</summary>
    IEnumerable<TableEntry<SessionKey, SessionRecord>> All();

    /// <exception cref="TableUnavailableException">The table cannot be used now; nothing was written.</exception>
    Task InsertAsync(SessionKey key, SessionRecord record, CancellationToken cancellationToken);

    /// <inheritdoc cref="InsertAsync"/>
    Task InsertManyAsync(IReadOnlyCollection<TableEntry<SessionKey, SessionRecord>> entries, CancellationToken cancellationToken);

    /// <inheritdoc cref="InsertAsync"/>
    Task DeleteAsync(SessionKey key, CancellationToken cancellationToken);

    /// <inheritdoc cref="InsertAsync"/>
    Task DeleteManyAsync(IReadOnlyCollection<SessionKey> keys, CancellationToken cancellationToken);
}
