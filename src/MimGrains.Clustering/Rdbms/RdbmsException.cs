using Microsoft.Data.Sqlite;
using Npgsql;

namespace MimGrains.Clustering.Rdbms;

/// <summary>The database cannot be used as it is configured; waiting does not help.</summary>
public sealed class RdbmsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public RdbmsException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Returns the error to fail with, or null if the database may come back by itself.</summary>
    internal static RdbmsException? OfPermanent(Exception exception, RdbmsDatabase database) => exception switch
    {
        RdbmsException permanent => permanent,
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } wrong =>
            new($"{database.Display}: the user or the password is refused ({wrong.MessageText}). " +
                "Check username and password of outgoing_pools.rdbms.default.connection.", wrong),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing =>
            new($"{database.Display}: {missing.MessageText}. Create the database, or correct outgoing_pools.rdbms.default.connection.database.", missing),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied =>
            new($"{database.Display}: {denied.MessageText}. Let the owner of the tables GRANT SELECT, INSERT, UPDATE, DELETE " +
                "ON ALL TABLES IN SCHEMA public to this user.", denied),
        SqliteException { SqliteErrorCode: SqliteCannotOpen or SqliteReadOnly or SqliteNotADatabase } file =>
            new($"{database.Display}: cannot be used ({file.Message}). Check outgoing_pools.rdbms.default.connection.file " +
                "and the rights of its folder.", file),
        IOException or UnauthorizedAccessException when database.File is not null =>
            new($"{database.Display}: its folder cannot be made ({exception.Message}). Check " +
                "outgoing_pools.rdbms.default.connection.file and the rights of the folders above it.", exception),
        _ => null,
    };

    private const int SqliteReadOnly = 8;
    private const int SqliteCannotOpen = 14;
    private const int SqliteNotADatabase = 26;
}
