namespace MimGrains.Mnesia.Storage.Pages;

/// <summary>A run: pages of entries, ascending by key over all of them, never changed once they count.</summary>
/// <param name="Id">Its part of the rows' keys. No two runs of a fragment ever have the same.</param>
/// <param name="Pages">How many pages, numbered from 0; -1 where that is not known, since nobody has finished it.</param>
/// <param name="IndexParts">How many rows its index has.</param>
/// <param name="Entries">How many entries, deletions included.</param>
/// <param name="SizeBytes">Bytes of all pages.</param>
internal sealed record RunInfo(string Id, int Pages, int IndexParts, long Entries, long SizeBytes)
{
    /// <summary>Returns a run that may have some rows of which nothing else is known.</summary>
    public static RunInfo Unfinished(string id) => new(id, -1, 0, 0, 0);
}
