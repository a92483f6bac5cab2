using MimGrains.Sessions;

namespace MimGrains.Cluster.Tests;

/// <summary>Reads all sessions of a server.</summary>
internal static class SessionReader
{
    private const int PageSize = 5_000;

    /// <summary>Returns the keys, ascending.</summary>
    public static async ValueTask<IReadOnlyList<SessionKey>> KeysAsync(ISessionManager sessions, string server = SessionLoad.Server)
    {
        List<SessionKey> keys = [];
        IReadOnlyList<Session> page;
        do
        {
            page = await sessions.GetServerSessionsAsync(server, keys.Count > 0 ? keys[^1] : null, PageSize);
            keys.AddRange(page.Select(session => session.Key));
        }
        while (page.Count == PageSize);

        return keys;
    }

    /// <summary>Asserts that exactly these sessions are open.</summary>
    public static async Task AssertOpenAsync(ISessionManager sessions, IEnumerable<SessionKey> expected) =>
        Assert.Equal(expected.Order(), await KeysAsync(sessions));

    /// <summary>Completes when no session of a silo is left.</summary>
    public static Task GoneAsync(ISessionManager sessions, string silo) => Eventually.HoldsAsync(
        () => sessions.CountBySiloAsync(),
        counts => !counts.ContainsKey(silo),
        $"the sessions of {silo} to go");
}
