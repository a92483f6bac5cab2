namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>Decides which runs are merged: so that there are few, and an entry is rewritten few times.</summary>
internal static class MergePlan
{
    /// <summary>So many runs of like size become one.</summary>
    public const int Runs = 4;

    /// <summary>Returns how many of the newest runs to merge into one; 0 for none.</summary>
    /// <param name="runs">All runs, the newest first.</param>
    /// <remarks>
    /// A run is of like size if it is at most three times as large as the newer ones together: so runs grow by four from one
    /// to the next older, their number is logarithmic, and so is the number of times that an entry is written.
    /// </remarks>
    public static int Choose(IReadOnlyList<RunInfo> runs)
    {
        if (runs.Count == 0)
        {
            return 0;
        }

        var count = 1;
        var bytes = runs[0].SizeBytes;
        while (count < runs.Count && runs[count].SizeBytes <= (Runs - 1) * bytes)
        {
            bytes += runs[count++].SizeBytes;
        }

        return count >= Runs ? count : 0;
    }
}
