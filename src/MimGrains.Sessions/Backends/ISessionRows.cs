using MimGrains.Sessions;

namespace MimGrains.Backends;

/// <summary>
/// Rows that belong to a session: removed by its silo when it ends. Those of a dead silo go with it, as it owns them.
/// </summary>
internal interface ISessionRows
{
    Task RemoveAsync(SessionKey session);
}
