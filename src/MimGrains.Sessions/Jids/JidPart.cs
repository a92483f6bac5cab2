using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace MimGrains.Sessions;

/// <summary>
/// Prepares the parts of an address: RFC 7622 3.2 (server), 3.3 (user: UsernameCaseMapped, RFC 8265 3.3), 3.4 (resource:
/// OpaqueString, RFC 8265 4.2).
/// </summary>
internal static class JidPart
{
    public const int MaxBytes = 1_023;

    private const int MaxLabelChars = 63;
    private const int MaxUtf8BytesPerChar = 3;

    // A rule may make work for the one before it: RFC 8264 7 applies them until nothing changes, and refuses after three times.
    private const int MaxRounds = 4;

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // What stays as it is. RFC 7622 3.3.1 leaves out of a user "&'/:<>@ and space; no letters here that would change.
    private static readonly SearchValues<char> s_plainUser =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789!#$%()*+,-.;=?[\\]^_`{|}~");

    private static readonly SearchValues<char> s_notInUser = SearchValues.Create(" \"&'/:<>@");

    private static readonly SearchValues<char> s_plainServer = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private static readonly SearchValues<char> s_plainResource =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code)]);

    public static string User(string value, string name)
    {
        CheckSize(value, name);
        return value.AsSpan().ContainsAnyExcept(s_plainUser) ? CheckSize(Settle(value, name, UserOnce), name) : value;
    }

    public static string Resource(string value, string name)
    {
        CheckSize(value, name);
        return value.AsSpan().ContainsAnyExcept(s_plainResource) ? CheckSize(Settle(value, name, ResourceOnce), name) : value;
    }

    public static string Server(string value, string name)
    {
        CheckSize(value, name);
        if (IPAddress.TryParse(value, out _) || (value[0] == '[' && value[^1] == ']' && IPAddress.TryParse(value[1..^1], out _)))
        {
            return value.ToLowerInvariant();
        }

        // The root's dot is no part of the name.
        var server = value.Length > 1 && value[^1] == '.' ? value[..^1] : value;
        var isPlain = !server.AsSpan().ContainsAnyExcept(s_plainServer) && !server.Contains("xn--", StringComparison.Ordinal);
        if (!isPlain)
        {
            server = CheckSize(Settle(server, name, ServerOnce), name);
        }

        foreach (var range in server.AsSpan().Split('.'))
        {
            CheckLabel(server.AsSpan(range), value, name);
        }

        return server;
    }

    /// <summary>Returns text for a message: control characters would spoil a log line, halves of pairs its encoding.</summary>
    public static string Shown(string value)
    {
        const int MaxShownChars = 40;
        var shown = new StringBuilder(MaxShownChars);
        foreach (var character in value.AsSpan(0, Math.Min(value.Length, MaxShownChars)))
        {
            if (char.IsControl(character) || char.IsSurrogate(character))
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            }
            else
            {
                shown.Append(character);
            }
        }

        return value.Length > MaxShownChars ? shown.Append("...").ToString() : shown.ToString();
    }

    private static string Settle(string value, string name, Func<string, string, string> once)
    {
        var before = value;
        for (var round = 0; round < MaxRounds; round++)
        {
            var after = once(before, name);
            if (after == before)
            {
                return after;
            }

            before = after;
        }

        throw new ArgumentException($"{name} '{Shown(value)}' does not come to one prepared form.", name);
    }

    private static string UserOnce(string value, string name)
    {
        var prepared = Unicode.Compose(Unicode.MapWidth(value).ToLowerInvariant());
        if (prepared.AsSpan().IndexOfAny(s_notInUser) is var at and >= 0)
        {
            throw Refused(value, name, prepared, at, "which a user must not have");
        }

        Check(value, name, prepared, isIdentifier: true);
        return prepared;
    }

    private static string ResourceOnce(string value, string name)
    {
        var prepared = Unicode.Compose(Unicode.MapSpaces(value));
        Check(value, name, prepared, isIdentifier: false);
        return prepared;
    }

    private static string ServerOnce(string value, string name)
    {
        var lower = Unicode.Compose(Unicode.MapWidth(value).ToLowerInvariant());
        var prepared = string.Join('.', lower.Split('.').Select(label => Decoded(label, value, name)));
        Check(value, name, prepared, isIdentifier: true);
        return prepared;
    }

    private static string Decoded(string label, string server, string name)
    {
        if (!label.StartsWith("xn--", StringComparison.Ordinal))
        {
            return label;
        }

        try
        {
            return new IdnMapping().GetUnicode(label);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException($"{name} '{Shown(server)}' has the label '{label}', which stands for nothing.", name, error);
        }
    }

    private static void CheckLabel(ReadOnlySpan<char> label, string server, string name)
    {
        var problem = label.Length switch
        {
            0 => "an empty label",
            > MaxLabelChars => $"a label of {label.Length} characters, more than {MaxLabelChars}",
            _ when label[0] == '-' || label[^1] == '-' => $"the label '{label}', which begins or ends with a hyphen",
            _ when label.ContainsAnyExcept(s_plainServer) => Unicode.LabelProblem(label.ToString()),
            _ => null,
        };
        if (problem is not null)
        {
            throw new ArgumentException($"{name} '{Shown(server)}' has {problem}.", name);
        }
    }

    private static void Check(string value, string name, string prepared, bool isIdentifier)
    {
        for (var at = 0; at < prepared.Length; at += char.IsSurrogatePair(prepared, at) ? 2 : 1)
        {
            if (Unicode.Problem(prepared, at, isIdentifier) is { } problem)
            {
                throw Refused(value, name, prepared, at, problem);
            }
        }
    }

    private static ArgumentException Refused(string value, string name, string prepared, int at, string problem)
    {
        var code = char.ConvertToUtf32(prepared, at);
        return new ArgumentException($"{name} '{Shown(value)}' holds U+{code:X4} at index {at}, {problem}.", name);
    }

    private static string CheckSize(string value, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        if (value.Length <= MaxBytes / MaxUtf8BytesPerChar && Ascii.IsValid(value))
        {
            return value;
        }

        int bytes;
        try
        {
            bytes = s_strictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException(
                $"{name} '{Shown(value)}' holds half of a surrogate pair at index {error.Index}.", name, error);
        }

        return bytes <= MaxBytes
            ? value
            : throw new ArgumentException($"{name} has at most {MaxBytes} bytes of UTF-8, but '{Shown(value)}' has {bytes}.", name);
    }
}
