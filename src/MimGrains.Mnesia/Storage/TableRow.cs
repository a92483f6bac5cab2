using System.Security.Cryptography;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

/// <summary>
/// The row of a table: its cookie, the form in which its fragments are stored, and where its records are, once that was changed
/// while the cluster ran. There from the first time that it is opened on disc, or is about to be, until it is deleted.
/// </summary>
internal sealed class TableRow(string table, RowCaller rows)
{
    private const string Part = "the row of the table";
    private const int CookieBytes = 8;

    // Not the key of a fragment's row: those have a cookie there, and numbers.
    private readonly string _key = $"t/{table}/table";

    public static string NewCookie() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(CookieBytes));

    /// <summary>Returns the cookie of the table; a new one, if it is not stored.</summary>
    /// <param name="form">What must be the same for its fragments to be read as they were written; one line.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TableFormException">It is stored in another form.</exception>
    /// <exception cref="FragmentCorruptException">The row is damaged.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task<string> OpenAsync(string form, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await ReadAsync(cancellationToken) is { } there)
            {
                RequireForm(there.Content, form);
                return there.Content.Cookie;
            }

            // Another fragment of the table may be quicker: then its cookie counts.
            await TryWriteAsync(new TableRowContent(NewCookie(), form), version: 0, cancellationToken);
        }
    }

    /// <summary>Returns the row; null if there is none. Tries again while the database is away, until the write timeout.</summary>
    /// <exception cref="FragmentCorruptException">The row is damaged.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task<StoredTable?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await rows.ReadAsync(_key, Part, cancellationToken) is not { } row)
        {
            return null;
        }

        try
        {
            return new(TableRowContent.Read(RowFormat.Decode(_key, RowKind.Table, row.Content, out _).Span), row.Version);
        }
        catch (InvalidDataException exception)
        {
            throw new FragmentCorruptException($"Persistent table {table}: its row {_key} is damaged: {exception.Message}.");
        }
    }

    /// <summary>Writes the row if it has a version; it has the next one then. Returns whether it had.</summary>
    /// <exception cref="LogUnavailableException">The database does not answer. It may be written, or still be.</exception>
    public async Task<bool> TryWriteAsync(TableRowContent content, int version, CancellationToken cancellationToken)
    {
        try
        {
            await rows.WriteOnceAsync(
                _key, RowFormat.Encode(_key, RowKind.Table, content.Write(), out _), version, cancellationToken);
            return true;
        }
        catch (RowConflictException)
        {
            return false;
        }
        catch (RowStoreException exception)
        {
            throw new LogUnavailableException($"Persistent table {table}: cannot write its row: {exception.Message}", exception);
        }
    }

    /// <exception cref="TableFormException">The table is stored in another form.</exception>
    public void RequireForm(TableRowContent content, string form)
    {
        if (content.Form != form)
        {
            throw new TableFormException(
                $"Persistent table {table} is stored as [{content.Form}], and cannot be opened as [{form}]. Open it as it was, take a " +
                "backup, and restore that into a table that is made anew.");
        }
    }

    /// <summary>Removes the row: the rows of its fragments are gone, and those of this name that come have another cookie.</summary>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public Task RemoveAsync(CancellationToken cancellationToken) =>
        rows.DeleteAsync(_key, likelyVersion: 1, Part, cancellationToken);
}
