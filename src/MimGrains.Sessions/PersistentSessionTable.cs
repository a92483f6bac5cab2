using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>The persistent table that sessions are kept in, when they are not kept in the replicated one.</summary>
public static class PersistentSessionTable
{
    /// <summary>The table's name.</summary>
    public const string Name = "session";

    /// <summary>Returns the index by server and user.</summary>
    public static TableIndex<SessionKey, SessionRecord, UserPrefix> ByUser { get; } =
        new("us", static (key, _) => new UserPrefix(key.Server, key.User));

    /// <summary>
    /// Returns the definition: in memory only, as MongooseIM's <c>session</c> table; the sessions of a silo that is declared dead are
    /// deleted, and the hooks run.
    /// </summary>
    public static PersistentTableDefinition<SessionKey, SessionRecord> Definition { get; } =
        new PersistentTableDefinition<SessionKey, SessionRecord>(Name)
        {
            Type = PersistentTableType.OrderedSet,
            Storage = StorageType.Ram,
            ShareKey = SessionTable.Definition.ShareKey,
            OnNodeDown = EndedSessions.TakeAsync,
        }.WithIndex(ByUser);
}
