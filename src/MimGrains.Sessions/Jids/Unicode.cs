using System.Collections.Frozen;
using System.Globalization;
using ADRaffy.ENSNormalize;

namespace MimGrains.Sessions;

/// <summary>
/// Which characters an address may hold: the two string classes of PRECIS (RFC 8264 4.2 and 4.3), by their general category, with
/// the exceptions and contexts of RFC 5892 2.6 and appendix A.
/// </summary>
/// <remarks>
/// Composing does not use the framework's <c>Normalize</c>: it does nothing where globalization is invariant, and silos must not
/// differ. General categories are the framework's own, the same on all machines.
/// </remarks>
internal static class Unicode
{
    private const char FirstWide = '\uFF01';
    private const char LastWide = '\uFF5E';
    private const int WideOffset = 0xFEE0;
    private const char FirstHalfKatakana = '\uFF61';
    private const char LastHalfKatakana = '\uFF9F';

    // The wide forms of U+FF61 to U+FF9F.
    private const string Katakana =
        "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u3099\u309A";

    // Letters that are another letter in a compatible form (HasCompat of RFC 8264 9.17), of Unicode 15; ranges are inclusive, and
    // what lies in them is a letter of this kind or none at all.
    private const string CompatRanges =
        "AA-BA 132-133 13F-140 149 17F 1C4-1CC 1F1-1F3 2B0-2B8 2E0-2E4 340-341 343-344 374 37A 3D0-3D6 3F0-3F2 3F4-3F5 3F9 587 " +
        "675-678 958-95F 9DC-9DF A33 A36 A59-A5B A5E B5C-B5D E33 EB3 EDC-EDD F43 F4D F52 F57 F5C F69 F73 F75-F79 F81 F93 F9D FA2 " +
        "FA7 FAC FB9 10FC 1D2C-1D2E 1D30-1D3A 1D3C-1D4D 1D4F-1D6A 1D78 1D9B-1DBF 1E9A-1E9B 1F71 1F73 1F75 1F77 1F79 1F7B 1F7D " +
        "1FBB-1FBE 1FC9 1FCB 1FD3 1FDB 1FE3 1FEB 1FF9 1FFB-209C 2102-2131 2133-2149 2C7C-2C7D 2D6F 309F 30FF 3131-318E A69C-A69D " +
        "A770 A7F2-A7F4 A7F8-A7F9 AB5C-AB5F AB69 F900-FA0D FA10 FA12 FA15-FA1E FA20 FA22 FA25-FA26 FA2A-FB1D FB1F-FDFB FE70-FE72 " +
        "FE74-FFDC 10781-107BA 1D400-1D7FF 1E030-1E06D 1EE00-1FBF9 2F800-2FA1D";

    private static readonly (int First, int Last)[] s_compat = [.. CompatRanges.Split(' ').Select(RangeOf)];

    // RFC 5892 2.6: allowed and forbidden against their category.
    private static readonly FrozenSet<int> s_allowed = new[] { 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007 }.ToFrozenSet();

    private static readonly FrozenSet<int> s_forbidden = new[]
    {
        0x640, 0x7FA, 0x302E, 0x302F, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303B,
    }.ToFrozenSet();

    private static readonly FrozenSet<int> s_viramas = new[]
    {
        0x94D, 0x9CD, 0xA4D, 0xACD, 0xB4D, 0xBCD, 0xC4D, 0xCCD, 0xD4D, 0xDCA, 0xE3A, 0xEBA, 0xF84, 0x1039, 0x103A, 0x1714, 0x17D2,
    }.ToFrozenSet();

    /// <summary>Returns the text in normalization form C.</summary>
    public static string Compose(string text) => ENSNormalize.NF.NFC(text);

    /// <summary>Returns the text with wide and narrow forms in their usual width; those that have none are refused later.</summary>
    public static string MapWidth(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var at = 0; at < span.Length; at++)
        {
            var character = source[at];
            span[at] = character switch
            {
                >= FirstWide and <= LastWide => (char)(character - WideOffset),
                >= FirstHalfKatakana and <= LastHalfKatakana => Katakana[character - FirstHalfKatakana],
                '\u3000' => ' ',
                '\u3002' => '.', // Full stops of other scripts separate labels too (RFC 5895 2.4).
                _ => character,
            };
        }
    });

    /// <summary>Returns the text with every kind of space as the usual one.</summary>
    public static string MapSpaces(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var at = 0; at < span.Length; at++)
        {
            span[at] = char.GetUnicodeCategory(source[at]) == UnicodeCategory.SpaceSeparator ? ' ' : source[at];
        }
    });

    /// <summary>Returns what is wrong with the character at an index, as the rest of a sentence; null when nothing is.</summary>
    public static string? Problem(string text, int at, bool isIdentifier)
    {
        var code = char.ConvertToUtf32(text, at);
        if (code is >= 0x21 and <= 0x7E || s_allowed.Contains(code))
        {
            return null;
        }

        var category = CharUnicodeInfo.GetUnicodeCategory(code);
        if (category is UnicodeCategory.Control)
        {
            return "a control character";
        }

        if (Context(text, at, code) is { } isInContext)
        {
            return isInContext ? null : "which is not allowed next to what stands beside it";
        }

        if (s_forbidden.Contains(code) || IsIgnorable(code) || IsOldHangul(code))
        {
            return "which no address may have";
        }

        return category switch
        {
            UnicodeCategory.OtherNotAssigned => "which Unicode does not assign",
            UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator => "which no address may have",
            UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.OtherLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark =>
                isIdentifier && IsCompat(code) ? "which is another character in a compatible form" : null,
            _ => isIdentifier ? "which is neither a letter nor a digit" : null,
        };
    }

    /// <summary>Returns what is wrong with a label that is not of ASCII letters, digits and hyphens; null when nothing is.</summary>
    public static string? LabelProblem(string label)
    {
        if (label.Any(character => char.IsAscii(character) && !char.IsAsciiLetterOrDigit(character) && character != '-'))
        {
            return $"the label '{JidPart.Shown(label)}', which is not of letters, digits and hyphens";
        }

        return CharUnicodeInfo.GetUnicodeCategory(label, 0) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            ? $"the label '{JidPart.Shown(label)}', which begins with a mark"
            : null;
    }

    // Null: there is no rule for this character. RFC 5892, appendix A.
    private static bool? Context(string text, int at, int code) => code switch
    {
        0x200C or 0x200D => at > 0 && s_viramas.Contains(text[at - 1]),
        0xB7 => at > 0 && text[at - 1] == 'l' && at + 1 < text.Length && text[at + 1] == 'l',
        0x375 => at + 1 < text.Length && text[at + 1] is (>= '\u0370' and <= '\u03FF') or (>= '\u1F00' and <= '\u1FFF'),
        0x5F3 or 0x5F4 => at > 0 && text[at - 1] is >= '\u0590' and <= '\u05FF',
        0x30FB => text.Any(character =>
            character is (>= '\u3041' and <= '\u309F') or (>= '\u30A1' and <= '\u30FA') or (>= '\u3400' and <= '\u9FFF')),
        >= 0x660 and <= 0x669 => !text.Any(character => character is >= '\u06F0' and <= '\u06F9'),
        >= 0x6F0 and <= 0x6F9 => !text.Any(character => character is >= '\u0660' and <= '\u0669'),
        _ => null,
    };

    private static bool IsIgnorable(int code) => code is 0x34F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F)
        or 0x3164 or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xE0100 and <= 0xE01EF);

    private static bool IsOldHangul(int code) =>
        code is (>= 0x1100 and <= 0x11FF) or (>= 0xA960 and <= 0xA97C) or (>= 0xD7B0 and <= 0xD7FB);

    private static bool IsCompat(int code)
    {
        // No range ends at the greatest number: the search gives the complement of the first range that begins after the code.
        var next = ~Array.BinarySearch(s_compat, (code, int.MaxValue));
        return next > 0 && code <= s_compat[next - 1].Last;
    }

    private static (int First, int Last) RangeOf(string text)
    {
        var ends = text.Split('-');
        return (int.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            int.Parse(ends[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
