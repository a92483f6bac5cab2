using MimGrains.Mnesia.Storage.Rows;
using MimGrains.TestSupport;

namespace MimGrains.Mnesia.Tests.Storage;

public abstract class SqlFragmentLogTests(ITestDatabases databases) : FragmentLogContract
{
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
        _storage = await SqlStorage.StartAsync(await databases.CreateDatabaseAsync());
        return _storage.Rows;
    }
}

public sealed class FragmentLogOnSqliteTests(SqliteFiles databases)
    : SqlFragmentLogTests(databases), IClassFixture<SqliteFiles>;

public sealed class FragmentLogOnPostgresTests(PostgresServer databases)
    : SqlFragmentLogTests(databases), IClassFixture<PostgresServer>;
