namespace MimGrains.Sessions;

/// <summary>Reads XMPP addresses and prepares them as RFC 7622 says, so that equal addresses are equal by code point.</summary>
/// <remarks>
/// The same on every silo and client, whatever libraries its machine has. What is not checked: the directions of right-to-left
/// text (RFC 5893), and what a zero-width joiner joins beyond a virama before it. ASCII costs one vectorised pass.
/// </remarks>
public static class Jids
{
    /// <summary>Reads <c>user@server/resource</c>; user and resource may be missing.</summary>
    /// <exception cref="ArgumentException">It is no address; the message names the part and what is wrong with it.</exception>
    public static Jid Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var bare = slash < 0 ? text : text[..slash];
        var at = bare.IndexOf('@', StringComparison.Ordinal);
        return new(
            at < 0 ? "" : JidPart.User(bare[..at], "user"),
            JidPart.Server(bare[(at + 1)..], "server"),
            slash < 0 ? "" : JidPart.Resource(text[(slash + 1)..], "resource"));
    }

    /// <summary>Prepares the parts of an address; one that has been prepared stays as it is.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Parse"/>.</exception>
    public static Jid Prepare(Jid jid) => new(
        string.IsNullOrEmpty(jid.User) ? "" : JidPart.User(jid.User, "user"),
        JidPart.Server(jid.Server, "server"),
        jid.IsBare ? "" : JidPart.Resource(jid.Resource, "resource"));
}
