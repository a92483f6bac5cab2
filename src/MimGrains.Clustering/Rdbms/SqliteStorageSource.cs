using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Opens connections to a SQLite file that wait for its lock as SQLite does, by the millisecond.</summary>
/// <remarks>
/// The provider's own wait is one of 150 ms at a time: several silos that write into one file would spend most of their time in it.
/// </remarks>
internal sealed class SqliteStorageSource(string connectionString) : DbDataSource
{
    private const int LockWaitMs = 4_000;

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = CreateDbConnection();
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA busy_timeout = {LockWaitMs}";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // The provider has no asynchronous calls.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
        new(Task.Run(OpenDbConnection, cancellationToken));
}
