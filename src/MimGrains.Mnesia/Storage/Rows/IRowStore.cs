namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>A row as it is stored.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Version">How often it was written, from 1 on.</param>
internal readonly record struct StoredRow(ReadOnlyMemory<byte> Content, int Version);

/// <summary>Rows of bytes under keys, each with a version that counts its writes. Called from many threads at once.</summary>
/// <exception cref="RowStoreException">Any call fails with it when the database is away or refuses.</exception>
internal interface IRowStore
{
    /// <summary>Returns a row; null if there is none.</summary>
    Task<StoredRow?> ReadAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a row if its version is still the expected one; its version is then one more. One call of the database.
    /// </summary>
    /// <param name="key">At most 512 characters.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="expectedVersion">0 if there must be no row.</param>
    /// <param name="cancellationToken">Ends the waiting; the outcome is then unknown.</param>
    /// <exception cref="RowConflictException">The row has another version. Nothing is written.</exception>
    Task WriteAsync(string key, ReadOnlyMemory<byte> content, int expectedVersion, CancellationToken cancellationToken);

    /// <summary>Removes a row whatever its version is, and returns whether there was one.</summary>
    /// <param name="key">The row's key.</param>
    /// <param name="likelyVersion">If it has this version, one call of the database is enough.</param>
    /// <param name="cancellationToken">Ends the waiting; the outcome is then unknown.</param>
    Task<bool> DeleteAsync(string key, int likelyVersion, CancellationToken cancellationToken);
}

/// <summary>A row has another version than the writer thought.</summary>
internal sealed class RowConflictException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database is away or refuses.</summary>
/// <param name="message">What is wrong, in words for an operator.</param>
/// <param name="isSurelyNotDone">Whether what was asked for has certainly not happened, and will not.</param>
/// <param name="mayPass">Whether it is worth while to try again in a moment.</param>
/// <param name="inner">What the database's library said.</param>
internal sealed class RowStoreException(string message, bool isSurelyNotDone, bool mayPass, Exception? inner = null)
    : Exception(message, inner)
{
    public bool IsSurelyNotDone { get; } = isSurelyNotDone;

    public bool MayPass { get; } = mayPass;
}
