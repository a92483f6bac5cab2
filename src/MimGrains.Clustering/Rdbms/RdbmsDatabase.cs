using System.Data.Common;
using Microsoft.Data.Sqlite;
using MimGrains.Configuration;
using Npgsql;

namespace MimGrains.Clustering.Rdbms;

/// <summary>A SQL database: how to connect to it, and what to call it in messages.</summary>
internal sealed class RdbmsDatabase
{
    private const int ConnectTimeoutSeconds = 5;
    private const int StorageTimeoutSeconds = 5;
    private const int StorageConnections = 40;
    private const int PreparedStatements = 16;

    public RdbmsDatabase(RdbmsConnectionOptions options)
    {
        Driver = options.Driver;
        if (options.Driver == RdbmsDriver.Sqlite)
        {
            File = Path.GetFullPath(options.File
                ?? throw new ArgumentException("A SQLite connection needs a file.", nameof(options)));
            Display = $"SQLite file {File}";
            Invariant = "System.Data.SQLite";

            // Not pooled: closing a connection ends a transaction that an error left open.
            ConnectionString = new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ToString();

            // Opening the file costs more than writing a row. Statements of the storage leave nothing open.
            StorageConnectionString = new SqliteConnectionStringBuilder
            {
                DataSource = File, Pooling = true, DefaultTimeout = StorageTimeoutSeconds,
            }.ToString();
            return;
        }

        Display = $"PostgreSQL {options.Host}:{options.Port}/{options.Database} as {options.Username}";
        Invariant = "Npgsql";
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = options.Host,
            Port = options.Port,
            Database = options.Database,
            Username = options.Username,
            Password = options.Password,
            Timeout = ConnectTimeoutSeconds,
            ApplicationName = "mimgrains",
        };
        ConnectionString = builder.ToString();
        builder.CommandTimeout = StorageTimeoutSeconds;
        builder.MaxPoolSize = StorageConnections;
        builder.MaxAutoPrepare = PreparedStatements;
        StorageConnectionString = builder.ToString();
    }

    public RdbmsDriver Driver { get; }

    /// <summary>The full path of SQLite's file; null for a server.</summary>
    public string? File { get; }

    /// <summary>What it is and where, without the password.</summary>
    public string Display { get; }

    /// <summary>Orleans' name of the provider.</summary>
    public string Invariant { get; }

    public string ConnectionString { get; }

    /// <summary>
    /// For grain storage, which makes the same few statements very often: connections are kept, statements are prepared, and none
    /// may take longer than five seconds.
    /// </summary>
    public string StorageConnectionString { get; }

    /// <summary>The folder of its scripts.</summary>
    public string Folder => Driver == RdbmsDriver.Sqlite ? "sqlite" : "postgresql";

    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = Driver == RdbmsDriver.Sqlite
            ? new SqliteConnection(ConnectionString)
            : new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
