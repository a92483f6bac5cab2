namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>
/// Calls the row store for one fragment: with a limit of time for each call, and patience while the database is away.
/// </summary>
internal sealed class RowCaller(
    FragmentName name, IRowStore store, SemaphoreSlim turns, FragmentStorageOptions options, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Reads a row, and tries again while the database is away.</summary>
    /// <param name="key">The row's key.</param>
    /// <param name="part">What it is, for messages: <c>page 3</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LogUnavailableException">It was away until the write timeout, or it refuses.</exception>
    public Task<StoredRow?> ReadAsync(string key, string part, CancellationToken cancellationToken) =>
        InTurnAsync($"read {part}", () => ReadOnceAsync(key, cancellationToken), cancellationToken);

    /// <summary>Writes a row that nobody else writes, whatever is there, and tries again while the database is away.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public Task PutAsync(string key, ReadOnlyMemory<byte> content, string part, CancellationToken cancellationToken)
    {
        var expected = 0;
        return InTurnAsync(
            $"write {part}",
            async () =>
            {
                try
                {
                    await WriteOnceAsync(key, content, expected, cancellationToken);
                    return true;
                }
                catch (RowConflictException)
                {
                    // An attempt before, whose outcome was not known, or what an unfinished run has left.
                    var there = await ReadOnceAsync(key, cancellationToken);
                    if (there is { } row && row.Content.Span.SequenceEqual(content.Span))
                    {
                        return true;
                    }

                    expected = there?.Version ?? 0;
                    throw new RowStoreException("the row was written by an attempt before", isSurelyNotDone: true, mayPass: true);
                }
            },
            cancellationToken);
    }

    /// <summary>Removes a row, and tries again while the database is away. Returns whether there was one.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public Task<bool> DeleteAsync(string key, int likelyVersion, string part, CancellationToken cancellationToken) =>
        InTurnAsync(
            $"remove {part}",
            () => LimitedAsync(store.DeleteAsync(key, likelyVersion, cancellationToken), cancellationToken),
            cancellationToken);

    /// <summary>Reads a row. One call of the database.</summary>
    /// <exception cref="RowStoreException">The database is away or refuses.</exception>
    public Task<StoredRow?> ReadOnceAsync(string key, CancellationToken cancellationToken) =>
        LimitedAsync(store.ReadAsync(key, cancellationToken), cancellationToken);

    /// <summary>Writes a row if it has the version. One call of the database.</summary>
    /// <exception cref="RowConflictException">It has not.</exception>
    /// <exception cref="RowStoreException">The database is away or refuses.</exception>
    public Task WriteOnceAsync(
        string key, ReadOnlyMemory<byte> content, int expectedVersion, CancellationToken cancellationToken) =>
        LimitedAsync(
            DoneAsync(store.WriteAsync(key, content, expectedVersion, cancellationToken)), cancellationToken);

    /// <summary>Waits before another attempt; returns false if the time for attempts is over.</summary>
    /// <param name="started">When the first attempt began, as <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="attempt">How many attempts there were.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<bool> PauseAsync(long started, int attempt, CancellationToken cancellationToken)
    {
        var pause = attempt < 16 ? FirstPause * (1 << (attempt - 1)) : LongestPause;
        pause = pause < LongestPause ? pause : LongestPause;
        if (time.GetElapsedTime(started) + pause > options.WriteTimeout)
        {
            return false;
        }

        await Task.Delay(pause, time, cancellationToken);
        return true;
    }

    /// <summary>Returns now, as <see cref="PauseAsync"/> wants it.</summary>
    public long Now() => time.GetTimestamp();

    private async Task<T> InTurnAsync<T>(string what, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            var started = time.GetTimestamp();
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await call();
                }
                catch (RowStoreException exception)
                {
                    if (!exception.MayPass || !await PauseAsync(started, attempt, cancellationToken))
                    {
                        throw new LogUnavailableException($"Fragment {name}: cannot {what}: {exception.Message}", exception);
                    }
                }
            }
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<T> LimitedAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(options.CallTimeout, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new RowStoreException(
                $"the database did not answer within {options.CallTimeout.TotalMilliseconds:0} ms",
                isSurelyNotDone: false,
                mayPass: true,
                exception);
        }
    }

    private static async Task<bool> DoneAsync(Task call)
    {
        await call;
        return true;
    }
}
