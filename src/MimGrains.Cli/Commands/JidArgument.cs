namespace MimGrains.Cli.Commands;

/// <summary>A JID as it is typed.</summary>
/// <param name="User">Before the first <c>@</c>.</param>
/// <param name="Server">After it, up to the first <c>/</c>.</param>
/// <param name="Resource">After that, whatever it holds; null if there is no <c>/</c>.</param>
internal sealed record JidArgument(string User, string Server, string? Resource)
{
    /// <exception cref="FormatException">Part of it is missing.</exception>
    public static JidArgument Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var bare = slash < 0 ? text : text[..slash];
        var at = bare.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || at == bare.Length - 1 || slash == text.Length - 1)
        {
            throw new FormatException($"A JID is user@server or user@server/resource, not {text}.");
        }

        return new JidArgument(bare[..at], bare[(at + 1)..], slash < 0 ? null : text[(slash + 1)..]);
    }
}
