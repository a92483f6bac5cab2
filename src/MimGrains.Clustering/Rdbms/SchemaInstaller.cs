using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MimGrains.Configuration;
using Npgsql;

namespace MimGrains.Clustering.Rdbms;

// look without a lock: all there -> done; else lock -> look again -> apply what is missing, each script in a transaction
/// <summary>Brings a database to the schema that this version needs. Silos that start at once take turns.</summary>
internal sealed partial class SchemaInstaller(RdbmsDatabase database, IReadOnlyList<SqlScript> scripts, ILogger logger)
{
    // Any number does, as long as nothing else in the database takes it.
    private const long AdvisoryLock = 0x4D696D477261696E;

    private const string CreateHistory =
        """
        CREATE TABLE IF NOT EXISTS mimgrains_schema
        (
            version integer PRIMARY KEY,
            name varchar(250) NOT NULL,
            checksum varchar(64) NOT NULL,
            applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
        )
        """;

    private readonly ILogger _logger = logger;

    /// <summary>Applies the scripts that are missing.</summary>
    /// <exception cref="RdbmsException">
    /// A script was changed after it was applied, or the user has no right to apply one; the message says which.
    /// </exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
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

    private async Task ApplyMissingAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: false)
            : await connection.BeginTransactionAsync(cancellationToken);
        var current = "mimgrains_schema";
        try
        {
            if (database.Driver == RdbmsDriver.Pgsql)
            {
                // Held until the transaction ends. A lock of the session would outlive the use of a pooled connection.
                await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({AdvisoryLock})", transaction, cancellationToken);
            }

            await ExecuteAsync(connection, CreateHistory, transaction, cancellationToken);
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
                $"{database.Display}: no right to apply sql/{current} ({exception.MessageText}). Let the owner of the database " +
                $"run the scripts of sql/{database.Folder} in order, or grant this user CREATE on the schema.",
                exception);
        }
    }

    private List<SqlScript> Missing(IReadOnlyDictionary<int, string> history)
    {
        foreach (var script in scripts)
        {
            if (history.TryGetValue(script.Version, out var checksum) && checksum != script.Checksum)
            {
                throw new RdbmsException(
                    $"{database.Display}: sql/{script.Name} was applied with another text (checksum {checksum}, now {script.Checksum}). " +
                    "Applied scripts must not change: use the version of MimGrains that the database was made with, or a later one.");
            }
        }

        return [.. scripts.Where(script => !history.ContainsKey(script.Version))];
    }

    private async Task<IReadOnlyDictionary<int, string>> ReadHistoryAsync(
        DbConnection connection, CancellationToken cancellationToken)
    {
        Dictionary<int, string> history = [];
        var exists = database.Driver == RdbmsDriver.Sqlite
            ? "SELECT count(*) FROM sqlite_master WHERE name = 'mimgrains_schema'"
            : "SELECT count(*) FROM pg_tables WHERE tablename = 'mimgrains_schema' AND schemaname = ANY (current_schemas(false))";
        await using (var probe = connection.CreateCommand())
        {
            probe.CommandText = exists;
            if (Convert.ToInt64(await probe.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture) == 0)
            {
                return history;
            }
        }

        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT version, checksum FROM mimgrains_schema";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            history.Add(reader.GetInt32(0), reader.GetString(1));
        }

        return history;
    }

    private static async Task RecordAsync(
        DbConnection connection, SqlScript script, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "INSERT INTO mimgrains_schema (version, name, checksum) VALUES (@version, @name, @checksum)";
        command.Add("@version", script.Version).Add("@name", script.Name).Add("@checksum", script.Checksum);
        await command.ExecuteNonQueryAsync(cancellationToken);
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
