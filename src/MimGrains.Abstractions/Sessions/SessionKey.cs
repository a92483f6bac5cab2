namespace MimGrains.Sessions;

/// <summary>Tells apart the sessions of one full JID: when it was opened, and on which silo.</summary>
/// <param name="TimestampMicros">Microseconds since 1970-01-01 UTC; unique on its silo.</param>
/// <param name="Silo">The silo that holds the connection, as <c>SiloAddress.ToParsableString()</c>.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.session-id")]
public readonly record struct SessionId([property: Id(0)] long TimestampMicros, [property: Id(1)] string Silo)
    : IComparable<SessionId>
{
    /// <summary>Compares by time, then by silo.</summary>
    public int CompareTo(SessionId other)
    {
        var byTime = TimestampMicros.CompareTo(other.TimestampMicros);
        return byTime != 0 ? byTime : string.CompareOrdinal(Silo, other.Silo);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{TimestampMicros}@{Silo}";
}

/// <summary>The key of a session, ordered by server, user, resource and id as CETS orders its session table.</summary>
/// <param name="Server">Domain, such as <c>example.com</c>.</param>
/// <param name="User">Local part, such as <c>alice</c>.</param>
/// <param name="Resource">Resource, such as <c>phone</c>.</param>
/// <param name="Id">Tells apart sessions of the same full JID.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.session-key")]
public readonly record struct SessionKey(
    [property: Id(0)] string Server,
    [property: Id(1)] string User,
    [property: Id(2)] string Resource,
    [property: Id(3)] SessionId Id) : IComparable<SessionKey>
{
    /// <summary>Compares by server, user, resource and id, strings by code point.</summary>
    public int CompareTo(SessionKey other)
    {
        var order = string.CompareOrdinal(Server, other.Server);
        if (order == 0)
        {
            order = string.CompareOrdinal(User, other.User);
        }

        if (order == 0)
        {
            order = string.CompareOrdinal(Resource, other.Resource);
        }

        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    /// <summary>
    /// Returns a hash of the time, which a silo gives out once: it tells nearly all sessions apart, no peer can choose it, and the
    /// strings need not be read.
    /// </summary>
    public override int GetHashCode() => Id.TimestampMicros.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"{User}@{Server}/{Resource}#{Id}";
}
