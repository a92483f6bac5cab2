namespace MimGrains.Mnesia.Storage;

internal static class ReadAhead
{
    /// <summary>Completes when none of the reads is under way any more, however they ended.</summary>
    public static async Task SettleAsync<T>(IEnumerable<Task<T>> reads) =>
        await ((Task)Task.WhenAll(reads)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
