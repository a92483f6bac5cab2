using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>Makes of the errors of persistent tables what callers know, whatever their sessions and backends are kept in.</summary>
internal static class PersistentErrors
{
    /// <exception cref="TableUnavailableException">The table cannot be used now; nothing was written.</exception>
    public static async Task<TResult> TellAsync<TResult>(Task<TResult> done)
    {
        await TellAsync((Task)done).ConfigureAwait(false);
        return await done.ConfigureAwait(false);
    }

    /// <inheritdoc cref="TellAsync{TResult}"/>
    public static async Task TellAsync(Task done)
    {
        try
        {
            await done.ConfigureAwait(false);
        }
        catch (PersistentTableUnavailableException error)
        {
            throw new TableUnavailableException(error.Table, error.Message);
        }
    }
}
