namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>Decides which runs are merged: so that there are few, and an entry is rewritten few times.</summary>
internal static class MergePlan
{
    /// <summary>So many runs of like size become one.</summary>
    public const int Runs = 4;

    /// <summary>Returns which runs to merge into one: the place of the newest of them, and how many; none if that is 0.</summary>
    /// <param name="runs">All runs, the newest first.</param>
    /// <remarks>
    /// A run is of like size if it is at most three times as large as the newer ones in the group together: so runs grow by four
    /// from one group to the next older, their number is logarithmic, and so is the number of times that an entry is written.
    /// </remarks>
    public static (int First, int Count) Choose(IReadOnlyList<RunInfo> runs)
    {
        for (var first = 0; first + Runs <= runs.Count; first++)
        {
            var count = 1;
            var bytes = runs[first].SizeBytes;
            while (first + count < runs.Count && runs[first + count].SizeBytes <= (Runs - 1) * bytes)
            {
                bytes += runs[first + count++].SizeBytes;
            }

            if (count >= Runs)
            {
                return (first, count);
            }
        }

        return (0, 0);
    }
}
