namespace MimGrains.Sessions;

/// <summary>All sessions.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.all-sessions")]
public readonly record struct AllSessions : IComparable<SessionKey>
{
    /// <summary>Says that every key is among them.</summary>
    public int CompareTo(SessionKey other) => 0;
}

/// <summary>All sessions of a server.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.server-prefix")]
public readonly record struct ServerPrefix([property: Id(0)] string Server) : IComparable<SessionKey>
{
    /// <summary>Compares the server with a key's.</summary>
    public int CompareTo(SessionKey other) => string.CompareOrdinal(Server, other.Server);
}

/// <summary>All sessions of a user.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.user-prefix")]
public readonly record struct UserPrefix([property: Id(0)] string Server, [property: Id(1)] string User) : IComparable<SessionKey>
{
    /// <summary>Compares server and user with a key's.</summary>
    public int CompareTo(SessionKey other)
    {
        var order = string.CompareOrdinal(Server, other.Server);
        return order != 0 ? order : string.CompareOrdinal(User, other.User);
    }
}

/// <summary>All sessions of a full JID.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.full-jid-prefix")]
public readonly record struct FullJidPrefix(
    [property: Id(0)] string Server, [property: Id(1)] string User, [property: Id(2)] string Resource) : IComparable<SessionKey>
{
    /// <summary>Compares server, user and resource with a key's.</summary>
    public int CompareTo(SessionKey other)
    {
        var order = new UserPrefix(Server, User).CompareTo(other);
        return order != 0 ? order : string.CompareOrdinal(Resource, other.Resource);
    }
}
