using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>Says what an error of a database means: whether the statement took effect, and whether to try again.</summary>
internal static class DatabaseFailure
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteOutOfMemory = 7;
    private const int SqliteReadOnly = 8;
    private const int SqliteInputOutput = 10;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;
    private const int SqliteNotADatabase = 26;

    public static RowStoreException Of(Exception exception) => exception switch
    {
        RowStoreException known => known,
        PostgresException server => OfPostgres(server),
        NpgsqlException { InnerException: SocketException } refused when IsConnecting(refused) =>
            Away(refused, isSurelyNotDone: true),
        NpgsqlException client => Away(client, isSurelyNotDone: false),
        SocketException unknownHost => Away(unknownHost, isSurelyNotDone: true),
        SqliteException file => OfSqlite(file),
        _ => new RowStoreException(
            $"the storage failed: {exception.Message}", isSurelyNotDone: false, mayPass: false, exception),
    };

    // Npgsql says in no other way whether it failed before or after a statement was sent.
    private static bool IsConnecting(NpgsqlException exception) =>
        exception.Message.StartsWith("Failed to connect", StringComparison.Ordinal);

    private static RowStoreException Away(Exception exception, bool isSurelyNotDone) =>
        new($"the database is away: {exception.GetBaseException().Message}", isSurelyNotDone, mayPass: true, exception);

    // An error ends the statement, and with it the transaction that it is. What ends the session may come after the commit.
    private static RowStoreException OfPostgres(PostgresException exception)
    {
        var (reason, mayPass) = exception.SqlState switch
        {
            PostgresErrorCodes.DiskFull => ("the disk of the database is full", false),
            PostgresErrorCodes.InsufficientPrivilege => ("the database user has not the rights", false),
            PostgresErrorCodes.ReadOnlySqlTransaction => ("the database is read-only now", true),
            PostgresErrorCodes.TooManyConnections => ("the database has no connection left", true),
            PostgresErrorCodes.CannotConnectNow => ("the database is starting or stopping", true),
            ['2', '8', ..] or ['3', 'D', ..] => ("the database refuses the connection", false),
            ['0', '8', ..] or ['4', '0', ..] or ['5', '3', ..] or ['5', '5', ..] or ['5', '7', ..] or ['5', '8', ..] =>
                ("the database cannot do it now", true),
            _ => ("the database refuses it", false),
        };
        var isBeforeStatement = exception.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections
            or ['2', '8', ..] or ['3', 'D', ..];
        return new RowStoreException(
            $"{reason}: {exception.SqlState} {exception.MessageText}",
            isSurelyNotDone: isBeforeStatement || exception.InvariantSeverity == "ERROR",
            mayPass,
            exception);
    }

    private static RowStoreException OfSqlite(SqliteException exception)
    {
        var (reason, isSurelyNotDone, mayPass) = exception.SqliteErrorCode switch
        {
            SqliteBusy or SqliteLocked => ("the database file is locked", true, true),
            SqliteOutOfMemory => ("the database has no memory left", true, true),
            SqliteFull => ("the disk of the database file is full", true, false),
            SqliteReadOnly => ("the database file is read-only", true, false),
            SqliteCannotOpen => ("the database file cannot be opened", true, false),
            SqliteInputOutput => ("the database file cannot be read or written", false, true),
            SqliteCorrupt or SqliteNotADatabase => ("the database file is damaged", true, false),
            _ => ("the database refuses it", true, false),
        };
        return new RowStoreException($"{reason}: {exception.Message}", isSurelyNotDone, mayPass, exception);
    }
}
