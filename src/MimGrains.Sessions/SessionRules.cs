using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>Which sessions stay and which get a message: pure, so that every silo decides the same.</summary>
internal static class SessionRules
{
    /// <summary>
    /// Returns the sessions that have to go: of each full JID all but the one with the greatest id; then the oldest, while more
    /// than <paramref name="most"/> are left.
    /// </summary>
    /// <param name="sessions">The sessions of one user, ascending by resource and id.</param>
    /// <param name="most">The most that may stay.</param>
    public static IReadOnlyList<(SessionKey Key, SessionEnd End)> Losers(
        IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, int most)
    {
        List<(SessionKey, SessionEnd)>? losers = null;
        var staying = sessions.Count;
        for (var at = 0; at + 1 < sessions.Count; at++)
        {
            if (sessions[at + 1].Key.Resource == sessions[at].Key.Resource)
            {
                (losers ??= []).Add((sessions[at].Key, new(SessionEndReason.Replaced, NewestFrom(sessions, at))));
                staying--;
            }
        }

        if (staying <= most)
        {
            return losers ?? [];
        }

        var newest = sessions.MaxBy(entry => entry.Key.Id).Key;
        (losers ??= []).AddRange(sessions.Where((_, at) => IsNewest(sessions, at)).OrderBy(entry => entry.Key.Id).Take(staying - most)
            .Select(entry => (entry.Key, new SessionEnd(SessionEndReason.TooManySessions, newest))));
        return losers;
    }

    /// <summary>Returns the session with the highest priority, the newest of several.</summary>
    public static Session? Preferred(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions)
    {
        var best = -1;
        for (var at = 0; at < sessions.Count; at++)
        {
            if (sessions[at].Record.Priority is { } priority && (best < 0 || priority > sessions[best].Record.Priority
                || (priority == sessions[best].Record.Priority && sessions[at].Key.Id.CompareTo(sessions[best].Key.Id) > 0)))
            {
                best = at;
            }
        }

        return best < 0 ? null : new Session(sessions[best].Key, sessions[best].Record);
    }

    /// <summary>Returns which sessions of a user get a message to one of its JIDs.</summary>
    /// <remarks>A full JID: its newest. The bare one: those with the highest priority, if it is not negative.</remarks>
    public static IReadOnlyList<TableEntry<SessionKey, SessionRecord>> Recipients(
        IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, string resource)
    {
        if (resource.Length > 0)
        {
            for (var at = sessions.Count - 1; at >= 0; at--)
            {
                if (sessions[at].Key.Resource == resource)
                {
                    return [sessions[at]];
                }
            }

            return [];
        }

        if (Preferred(sessions)?.Record.Priority is not (>= 0 and var highest))
        {
            return [];
        }

        return [.. sessions.Where((entry, at) => entry.Record.Priority == highest && IsNewest(sessions, at))];
    }

    private static bool IsNewest(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, int at) =>
        at + 1 == sessions.Count || sessions[at + 1].Key.Resource != sessions[at].Key.Resource;

    private static SessionKey NewestFrom(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> sessions, int at)
    {
        while (!IsNewest(sessions, at))
        {
            at++;
        }

        return sessions[at].Key;
    }
}
