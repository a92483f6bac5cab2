using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using MimGrains.Configuration;

namespace MimGrains.TestSupport;

/// <summary>SQLite databases in a temporary folder.</summary>
public sealed class SqliteFiles : ITestDatabases
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mimgrains-sqlite-").FullName;
    private int _count;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    public Task<RdbmsConnectionOptions> CreateDatabaseAsync() => Task.FromResult(new RdbmsConnectionOptions
    {
        Driver = RdbmsDriver.Sqlite,
        File = Path.Combine(_folder, $"{Interlocked.Increment(ref _count)}.db"),
    });

    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "Tests write it.")]
    public async Task<object?> ExecuteAsync(RdbmsConnectionOptions database, string sql)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = database.File, Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var command = new SqliteCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
