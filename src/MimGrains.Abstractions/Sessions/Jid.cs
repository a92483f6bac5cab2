namespace MimGrains.Sessions;

/// <summary>An XMPP address: <c>user@server/resource</c>, prepared (RFC 7622), so that equal addresses are equal by code point.</summary>
/// <param name="User">Local part; empty for a server's own address.</param>
/// <param name="Server">Domain.</param>
/// <param name="Resource">Resource; empty in a bare address.</param>
/// <remarks>
/// Made from text by <c>Jids.Parse</c> and <c>Jids.Prepare</c> of MimGrains.Sessions. One that code puts together itself is taken
/// as it is, and prepared where it is given to a session manager.
/// </remarks>
[GenerateSerializer, Immutable, Alias("mimgrains.jid")]
public readonly record struct Jid(
    [property: Id(0)] string User, [property: Id(1)] string Server, [property: Id(2)] string Resource = "")
{
    /// <summary>Returns whether it names no resource.</summary>
    public bool IsBare => string.IsNullOrEmpty(Resource);

    /// <summary>Returns it without the resource.</summary>
    public Jid Bare => this with { Resource = "" };

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(string.IsNullOrEmpty(User) ? "" : User + "@")}{Server}{(IsBare ? "" : "/" + Resource)}";
}
