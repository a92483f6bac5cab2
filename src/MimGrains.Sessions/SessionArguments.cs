namespace MimGrains.Sessions;

/// <summary>The limits of what callers give to a session manager, and the messages that say what was found.</summary>
internal static class SessionArguments
{
    public const int MaxOpenMany = 10_000;
    public const int MaxPage = 10_000;
    public const int MaxInfoNameChars = 256;

    /// <summary>Returns the prepared full JID of a session to open.</summary>
    public static Jid CheckOpen(string server, string user, string resource, SessionRecord record)
    {
        var jid = FullJid(server, user, resource);
        CheckRecord(record);
        return jid;
    }

    public static Jid FullJid(string server, string user, string resource) => new(
        JidPart.User(user, nameof(user)), JidPart.Server(server, nameof(server)), JidPart.Resource(resource, nameof(resource)));

    public static UserPrefix User(string server, string user) =>
        new(JidPart.Server(server, nameof(server)), JidPart.User(user, nameof(user)));

    /// <summary>Returns the requests with their JIDs prepared.</summary>
    public static SessionRequest[] CheckOpenMany(IReadOnlyList<SessionRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > MaxOpenMany)
        {
            throw new ArgumentException(
                $"At most {MaxOpenMany} sessions are opened at once, but {requests.Count} were given.", nameof(requests));
        }

        var prepared = new SessionRequest[requests.Count];
        for (var index = 0; index < requests.Count; index++)
        {
            var request = requests[index];
            try
            {
                var jid = CheckOpen(request.Server, request.User, request.Resource, request.Record);
                prepared[index] = new(jid.Server, jid.User, jid.Resource, request.Record);
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"Request {index} of {requests.Count}: {error.Message}", nameof(requests), error);
            }
        }

        return prepared;
    }

    /// <summary>Returns the prepared server of a page.</summary>
    public static string CheckPage(string server, SessionKey? after, int limit)
    {
        var prepared = JidPart.Server(server, nameof(server));
        if (after is { } key && key.Server != prepared)
        {
            throw new ArgumentException(
                $"The page of server '{JidPart.Shown(prepared)}' cannot start after a session of " +
                $"'{JidPart.Shown(key.Server ?? "")}'.", nameof(after));
        }

        CheckLimit(limit);
        return prepared;
    }

    public static void CheckLimit(int limit)
    {
        if (limit is < 1 or > MaxPage)
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, $"limit is 1 to {MaxPage}, but {limit} was given.");
        }
    }

    public static void CheckPriority(int priority)
    {
        if (priority is < sbyte.MinValue or > sbyte.MaxValue)
        {
            throw new ArgumentException(
                $"priority is {sbyte.MinValue} to {sbyte.MaxValue}, but {priority} was given.", nameof(priority));
        }
    }

    public static void CheckInfoName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxInfoNameChars)
        {
            throw new ArgumentException(
                $"The name of information has at most {MaxInfoNameChars} characters, but '{JidPart.Shown(name)}' has {name.Length}.",
                nameof(name));
        }
    }

    private static void CheckRecord(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Priority is < sbyte.MinValue or > sbyte.MaxValue)
        {
            throw new ArgumentException(
                $"Priority is {sbyte.MinValue} to {sbyte.MaxValue} or null, but {record.Priority} was given.", nameof(record));
        }

        if (record.Port is < 0 or > ushort.MaxValue)
        {
            throw new ArgumentException($"Port is 0 to {ushort.MaxValue}, but {record.Port} was given.", nameof(record));
        }

        if (record.Address is null)
        {
            throw new ArgumentException("Address is empty when it is unknown, but null was given.", nameof(record));
        }

        if (record.Target is { } target && !GrainId.TryParse(target, out _))
        {
            throw new ArgumentException(
                $"Target is a GrainId or null, but '{JidPart.Shown(target)}' was given.", nameof(record));
        }
    }
}
