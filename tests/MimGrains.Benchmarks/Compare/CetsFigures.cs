using System.Text.Json;
using MimGrains.ProcessSupport;

namespace MimGrains.Benchmarks.Compare;

/// <summary>What CETS did, and how many times better is asked of us: by case, then by field.</summary>
/// <param name="Source">Where and when the figures were measured.</param>
/// <param name="Cases">CETS's figures.</param>
/// <param name="Targets">How many times better than CETS; 0.5 allows twice as slow.</param>
internal sealed record CetsFigures(
    string Source,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Cases,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Targets)
{
    /// <summary>Returns the figures of <c>Compare/cets.json</c>, which is part of this program.</summary>
    public static CetsFigures Load()
    {
        using var file = typeof(CetsFigures).Assembly.GetManifestResourceStream("cets.json")
            ?? throw new InvalidOperationException("cets.json is not part of this program.");
        return JsonSerializer.Deserialize<CetsFigures>(file, JsonLines.Options)
            ?? throw new InvalidOperationException("cets.json is empty.");
    }

    /// <summary>Returns whether more of this field is better; of all others (times, bytes) less is.</summary>
    public static bool MoreIsBetter(string field) => field == "ops_per_s";
}
