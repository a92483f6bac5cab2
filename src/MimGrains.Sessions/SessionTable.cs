using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>The replicated table that sessions are kept in.</summary>
public static class SessionTable
{
    /// <summary>The table's name.</summary>
    public const string Name = "session";

    /// <summary>
    /// Returns the definition: ordered by server, user, resource and id; a session belongs to the silo in its id, whoever wrote
    /// it, and goes when that silo is declared dead; the sessions of a user are found by hash.
    /// </summary>
    /// <remarks>
    /// Differs from MongooseIM's <c>cets_session</c> in the node-down rule: there each node scans for the dead node's sessions,
    /// deletes them with ordinary writes and runs the hooks; here every survivor drops them itself, and one runs the hooks.
    /// </remarks>
    public static TableDefinition<SessionKey, SessionRecord> Definition { get; } =
        new TableDefinition<SessionKey, SessionRecord>(Name)
        {
            OwnerOf = static (key, _) => key.Id.Silo,
            ShareKey = static key => key with
            {
                Server = SharedStrings.Of(key.Server),
                Id = key.Id with { Silo = SharedStrings.Of(key.Id.Silo) },
            },
            NodeDown = NodeDownRule.RemoveOwned,
            Codec = new SessionCodec(),
            OnNodeDown = static (down, _) =>
            {
                down.Services.GetRequiredService<SessionCleaner>().OnNodeDown(down);
                return Task.CompletedTask;
            },
        }.WithPrefixIndex(static key => new UserPrefix(key.Server, key.User));
}
