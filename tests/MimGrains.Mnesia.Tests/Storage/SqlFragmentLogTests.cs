using System.Runtime.CompilerServices;
using MimGrains.Configuration;
using MimGrains.Mnesia.Storage.Rows;
using MimGrains.TestSupport;

namespace MimGrains.Mnesia.Tests.Storage;

public abstract class SqlFragmentLogTests(ITestDatabases databases) : FragmentLogContract
{
    // One database for the class; each test has a service of its own in it.
    private static readonly ConditionalWeakTable<ITestDatabases, Lazy<Task<RdbmsConnectionOptions>>> Shared = new();

    private SqlStorage? _storage;

    // All of them are tried in memory.
    private protected override int CrashStep => 7;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _storage!.DisposeAsync();
    }

    private protected override async Task<IRowStore> CreateRowsAsync()
    {
        var database = Shared.GetValue(databases, owner => new(owner.CreateDatabaseAsync));
        _storage = await SqlStorage.StartAsync(await database.Value, service: $"{Guid.NewGuid()}");
        return _storage.Rows;
    }
}

public sealed class FragmentLogOnSqliteTests(SqliteFiles databases)
    : SqlFragmentLogTests(databases), IClassFixture<SqliteFiles>;

public sealed class FragmentLogOnPostgresTests(PostgresServer databases)
    : SqlFragmentLogTests(databases), IClassFixture<PostgresServer>;
