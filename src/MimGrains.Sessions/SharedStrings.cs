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

        // The middle and the end are where addresses and domains differ.
        var hash = (((text.Length * 31) + text[^1]) * 31 + text[text.Length / 2]) * 31 + text[text.Length / 4];
        ref var place = ref s_places[(uint)(hash ^ (hash >> 10)) % Places];
        if (place is { } kept && kept == text)
        {
            return kept;
        }

        place = text;
        return text;
    }
}
