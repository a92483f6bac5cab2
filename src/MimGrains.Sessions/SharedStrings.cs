using System.Text;

namespace MimGrains.Sessions;

/// <summary>
/// Makes equal strings one, as far as it goes: strings that few differ from, such as servers and silos, are otherwise kept once
/// for each session.
/// </summary>
/// <remarks>
/// A fixed number of places, the newest string of each kept: bounded, without a lock. A race costs a string that is not shared.
/// </remarks>
internal static class SharedStrings
{
    private const int Places = 1_024;

    private static readonly string?[] s_places = new string?[Places];

    public static string Of(string text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        ref var place = ref PlaceOf(text.Length, text[^1], text[text.Length / 2], text[text.Length / 4]);
        if (place is { } kept && kept == text)
        {
            return kept;
        }

        place = text;
        return text;
    }

    /// <summary>Returns the string that UTF-8 bytes stand for; makes none if it is kept.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length == 0)
        {
            return "";
        }

        // Other than ASCII may look at the wrong place: it does not hold an equal string then.
        var place = PlaceOf(utf8.Length, utf8[^1], utf8[utf8.Length / 2], utf8[utf8.Length / 4]);
        return place is not null && Ascii.Equals(utf8, place) ? place : Of(Encoding.UTF8.GetString(utf8));
    }

    // The middle and the end are where addresses and domains differ.
    private static ref string? PlaceOf(int length, int last, int middle, int quarter)
    {
        var hash = (((length * 31) + last) * 31 + middle) * 31 + quarter;
        return ref s_places[(uint)(hash ^ (hash >> 10)) % Places];
    }
}
