using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MimGrains.Configuration;
using Npgsql;

namespace MimGrains.Clustering.Rdbms;

// look without a lock: all there -> done; else one transaction: lock -> look again -> apply what is missing
/// <summary>Brings a database to the schema that this version needs. Silos that start at once take turns.</summary>
internal sealed partial class SchemaInstaller(RdbmsDatabase database, IReadOnlyList<SqlScript> scripts, ILogger logger)
{
    // Any number does, as long as nothing else in the database takes it.
    private const long AdvisoryLock = 0x4D696D477261696E;

    private const int SqliteError = 1;

    private readonly ILogger _logger = logger;

    /// <summary>Applies the scripts that are missing.</summary>
    /// <exception cref="RdbmsException">
    /// A script was changed after it was applied, the user has no right to apply one, or the database refuses one; the
    /// message says which.
    /// </exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (database.File is { } file)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        if (database.Driver == RdbmsDriver.Sqlite)
        {
            // Readers do not hold up the writer, nor the writer the readers. The file remembers it.
            await ExecuteAsync(connection, "PRAGMA journal_mode = WAL", null, cancellationToken);
        }

        if (Missing(await ReadHistoryAsync(connection, cancellationToken)).Count == 0)
        {
            return;
        }

        await ApplyMissingAsync(connection, cancellationToken);
    }

    /// <summary>Returns whether a database has any of the schema.</summary>
    public static async Task<bool> IsThereAsync(
        DbConnection connection, RdbmsDriver driver, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = driver == RdbmsDriver.Sqlite
            ? "SELECT count(*) FROM sqlite_master WHERE name = 'mimgrains_schema'"
            : "SELECT count(*) FROM pg_tables WHERE tablename = 'mimgrains_schema' " +
              "AND schemaname = ANY (current_schemas(false))";
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture) > 0;
    }

    private async Task ApplyMissingAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: false)
            : await connection.BeginTransactionAsync(cancellationToken);
        if (database.Driver == RdbmsDriver.Pgsql)
        {
            // Held until the transaction ends. A lock of the session would outlive the use of a pooled connection.
            await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", transaction, cancellationToken);
        }

        var current = "";
        try
        {
            foreach (var script in Missing(await ReadHistoryAsync(connection, cancellationToken)))
            {
                current = script.Name;
                await ExecuteAsync(connection, script.Text, transaction, cancellationToken);
                await RecordAsync(connection, script, transaction, cancellationToken);
                LogApplied(_logger, script.Name, database.Display);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new RdbmsException(
                $"{database.Display}: no right to apply sql/{current} ({exception.MessageText}). Either let a user who may " +
                $"create tables run the scripts of sql/{database.Folder} from {Path.GetFileName(current)} on, in order, with " +
                "psql -1 -f FILE, and then GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public to this " +
                "user; or GRANT CREATE ON SCHEMA public to this user.",
                exception);
        }
        catch (DbException exception) when (IsRefused(exception))
        {
            throw new RdbmsException(
                $"{database.Display}: sql/{current} cannot be applied ({exception.Message}). Use a database " +
                "that no other application keeps its Orleans tables in.",
                exception);
        }
    }

    // A script that the database does not take will not be taken the next time either.
    private static bool IsRefused(DbException exception) =>
        exception is PostgresException { SqlState: ['4', '2', ..] } or SqliteException { SqliteErrorCode: SqliteError };

    private List<SqlScript> Missing(IReadOnlyDictionary<int, string?> history)
    {
        foreach (var script in scripts)
        {
            if (history.TryGetValue(script.Version, out var checksum) && checksum is not null &&
                checksum != script.Checksum)
            {
                throw new RdbmsException(
                    $"{database.Display}: sql/{script.Name} was applied with another text (checksum {checksum}, now {script.Checksum}). " +
                    "Applied scripts must not change: use the version of MimGrains that the database was made with, or a later one.");
            }
        }

        return [.. scripts.Where(script => !history.ContainsKey(script.Version))];
    }

    private async Task<IReadOnlyDictionary<int, string?>> ReadHistoryAsync(
        DbConnection connection, CancellationToken cancellationToken)
    {
        Dictionary<int, string?> history = [];
        if (!await IsThereAsync(connection, database.Driver, cancellationToken))
        {
            return history;
        }

        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT version, checksum FROM mimgrains_schema";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var checksum = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1);
            history.Add(reader.GetInt32(0), checksum);
        }

        return history;
    }

    // A script records itself, so that it may be run by hand as well; what it cannot know is its own checksum.
    private static async Task RecordAsync(
        DbConnection connection, SqlScript script, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "UPDATE mimgrains_schema SET checksum = @checksum WHERE version = @version";
        command.Add("@version", script.Version).Add("@checksum", script.Checksum);
        if (await command.ExecuteNonQueryAsync(cancellationToken) != 1)
        {
            throw new RdbmsException(
                $"sql/{script.Name} does not record itself as version {script.Version} in mimgrains_schema.");
        }
    }

    // The text is one of this library's own.
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "No text of users gets in.")]
    private static async Task ExecuteAsync(
        DbConnection connection, string text, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        command.Transaction = transaction;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(ClusteringEventId.SchemaApplied, LogLevel.Information, "Applied sql/{Script} to {Database}")]
    private static partial void LogApplied(ILogger logger, string script, string database);
}
