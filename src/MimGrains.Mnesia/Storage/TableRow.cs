using System.Security.Cryptography;
using System.Text;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

/// <summary>
/// The row of a table: its cookie, and the form in which its fragments are stored. There from the first time that it is opened
/// until it is deleted.
/// </summary>
internal sealed class TableRow(string table, RowCaller rows)
{
    private const int CookieBytes = 8;

    // Not the key of a fragment's row: those have a cookie there, and numbers.
    private readonly string _key = $"t/{table}/table";

    /// <summary>Returns the cookie of the table; a new one, if it is not stored.</summary>
    /// <param name="form">What must be the same for its fragments to be read as they were written; one line.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TableFormException">It is stored in another form.</exception>
    /// <exception cref="FragmentCorruptException">The row is damaged.</exception>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public async Task<string> OpenAsync(string form, CancellationToken cancellationToken)
    {
        var cookie = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(CookieBytes));
        var row = RowFormat.Encode(_key, RowKind.Table, Encoding.UTF8.GetBytes($"{cookie}\n{form}"), out _);
        while (true)
        {
            if (await rows.ReadAsync(_key, "the row of the table", cancellationToken) is { } there)
            {
                var (known, knownForm) = Read(there);
                return knownForm == form ? known : throw new TableFormException(
                    $"Persistent table {table} is stored as [{knownForm}], and cannot be opened as [{form}]. Open it as it was, take a " +
                    "backup, and restore that into a table that is made anew.");
            }

            try
            {
                await rows.WriteOnceAsync(_key, row, expectedVersion: 0, cancellationToken);
            }
            catch (RowConflictException)
            {
                // Another fragment of the table was quicker: its cookie counts.
            }
            catch (RowStoreException exception)
            {
                // Perhaps written: whoever opens the fragment next sees.
                throw new LogUnavailableException($"Persistent table {table}: cannot write its row: {exception.Message}", exception);
            }
        }
    }

    /// <summary>Removes the row: the rows of its fragments are gone, and those of this name that come have another cookie.</summary>
    /// <exception cref="LogUnavailableException">The database does not answer.</exception>
    public Task RemoveAsync(CancellationToken cancellationToken) =>
        rows.DeleteAsync(_key, likelyVersion: 1, "the row of the table", cancellationToken);

    private (string Cookie, string Form) Read(StoredRow row)
    {
        try
        {
            var text = Encoding.UTF8.GetString(RowFormat.Decode(_key, RowKind.Table, row.Content, out _).Span);
            return text.Split('\n') is [var cookie, var form] ? (cookie, form) : throw new InvalidDataException("it has not two lines");
        }
        catch (InvalidDataException exception)
        {
            throw new FragmentCorruptException($"Persistent table {table}: its row {_key} is damaged: {exception.Message}.");
        }
    }
}
