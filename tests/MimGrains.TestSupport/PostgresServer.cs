using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using MimGrains.Configuration;
using Npgsql;

namespace MimGrains.TestSupport;

/// <summary>
/// A PostgreSQL server for tests: the one that MIMGRAINS_TEST_PG names (an administrator's Npgsql connection string), else one
/// of this process's own. Use it as a class fixture, and create a database per test or class: they are dropped at the end.
/// </summary>
public class PostgresServer : ITestDatabases
{
    private static readonly Lazy<Task<string>> Shared = new(async () =>
        Environment.GetEnvironmentVariable("MIMGRAINS_TEST_PG") is { Length: > 0 } given
            ? given
            : (await LocalPostgres.StartAsync()).ConnectionString);

    private readonly List<string> _databases = [];
    private string _admin = "";

    public async Task InitializeAsync() => _admin = await ConnectAsync();

    public virtual async Task DisposeAsync()
    {
        foreach (var database in _databases)
        {
            await ExecuteAsync($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
            await ExecuteAsync($"DROP ROLE IF EXISTS {UserOf(database)}");
        }
    }

    /// <summary>Creates an empty database that belongs to the administrator.</summary>
    public async Task<RdbmsConnectionOptions> CreateDatabaseAsync()
    {
        var name = "test_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        await ExecuteAsync($"CREATE DATABASE {name}");
        lock (_databases)
        {
            _databases.Add(name);
        }

        var admin = new NpgsqlConnectionStringBuilder(_admin);
        return Options(name, admin.Username!, admin.Password);
    }

    /// <summary>Creates a user of a database who may not create tables in it.</summary>
    public async Task<RdbmsConnectionOptions> CreateUserAsync(RdbmsConnectionOptions database, string password)
    {
        var name = UserOf(database.Database!);
        await ExecuteAsync(database, $"REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE {name} LOGIN PASSWORD '{password}'");
        return Options(database.Database!, name, password);
    }

    /// <summary>Runs SQL as the administrator in a database.</summary>
    public Task<object?> ExecuteAsync(RdbmsConnectionOptions database, string sql) => ExecuteAsync(sql, database.Database);

    private protected virtual Task<string> ConnectAsync() => Shared.Value;

    private static string UserOf(string database) => "user_of_" + database;

    private RdbmsConnectionOptions Options(string database, string username, string? password)
    {
        var admin = new NpgsqlConnectionStringBuilder(_admin);
        return new RdbmsConnectionOptions
        {
            Driver = RdbmsDriver.Pgsql,
            Host = admin.Host!,
            Port = admin.Port,
            Database = database,
            Username = username,
            Password = password,
        };
    }

    [SuppressMessage("Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "Tests write it.")]
    private async Task<object?> ExecuteAsync(string sql, string? database = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(_admin) { Pooling = false };
        settings.Database = database ?? settings.Database;
        await using var connection = new NpgsqlConnection(settings.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
