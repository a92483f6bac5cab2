namespace MimGrains.Hosting;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    /// <summary>Returns the nearest of the known names, or null when none is near enough to be meant.</summary>
    /// <remarks>
    /// Near is an edit distance of at most a third of the name, rounded to the nearest, and at least 1.
    /// </remarks>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var best = known
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .FirstOrDefault((Name: "", Distance: int.MaxValue));
        return best.Distance <= Math.Max(1, (name.Length + 1) / 3) ? best.Name : null;
    }

    /// <summary>Returns <c>; did you mean X?</c>, or nothing.</summary>
    public static string Hint(string? suggestion) => suggestion is null ? "" : $"; did you mean {suggestion}?";

    // Levenshtein with one row; case does not count, so that Node finds node.
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                var replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
