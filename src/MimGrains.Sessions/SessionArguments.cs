using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace MimGrains.Sessions;

/// <summary>The limits of what callers give to a session manager, and the messages that say what was found.</summary>
internal static class SessionArguments
{
    public const int MaxNameBytes = 1_023;
    public const int MaxOpenMany = 10_000;
    public const int MaxPage = 10_000;

    private const int MaxShownChars = 40;
    private const int MaxUtf8BytesPerChar = 3;

    // C0, DEL and C1: no part of a JID may hold them (RFC 7622 3.3.1 and 3.4.1, by the PRECIS base classes).
    private static readonly SearchValues<char> s_controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(code => (char)code)]);

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void CheckOpen(string server, string user, string resource, SessionRecord record)
    {
        CheckName(server);
        CheckName(user);
        CheckName(resource);
        CheckRecord(record);
    }

    public static void CheckOpenMany(IReadOnlyList<SessionRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > MaxOpenMany)
        {
            throw new ArgumentException(
                $"At most {MaxOpenMany} sessions are opened at once, but {requests.Count} were given.", nameof(requests));
        }

        for (var index = 0; index < requests.Count; index++)
        {
            var request = requests[index];
            try
            {
                CheckOpen(request.Server, request.User, request.Resource, request.Record);
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"Request {index} of {requests.Count}: {error.Message}", nameof(requests), error);
            }
        }
    }

    public static void CheckPage(string server, SessionKey? after, int limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(server);
        if (after is { } key && key.Server != server)
        {
            throw new ArgumentException(
                $"The page of server '{Shown(server)}' cannot start after a session of '{Shown(key.Server ?? "")}'.", nameof(after));
        }

        if (limit is < 1 or > MaxPage)
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, $"limit is 1 to {MaxPage}, but {limit} was given.");
        }
    }

    private static void CheckName(string value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(value, name);
        var control = value.AsSpan().IndexOfAny(s_controls);
        if (control >= 0)
        {
            throw new ArgumentException(
                $"{name} '{Shown(value)}' holds the control character U+{(int)value[control]:X4} at index {control}.", name);
        }

        // Only a longer or a non-ASCII value can be wrong: most names cost one vectorised pass each.
        if (value.Length <= MaxNameBytes / MaxUtf8BytesPerChar && Ascii.IsValid(value))
        {
            return;
        }

        var bytes = Utf8Bytes(value, name);
        if (bytes > MaxNameBytes)
        {
            throw new ArgumentException(
                $"{name} has at most {MaxNameBytes} bytes of UTF-8, but '{Shown(value)}' has {bytes}.", name);
        }
    }

    private static int Utf8Bytes(string value, string name)
    {
        try
        {
            return s_strictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException(
                $"{name} '{Shown(value)}' holds half of a surrogate pair at index {error.Index}.", name, error);
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
    }

    // Control characters would spoil a log line, halves of pairs its encoding.
    private static string Shown(string value)
    {
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
}
