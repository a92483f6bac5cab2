using MimGrains.Configuration;
using Xunit;

namespace MimGrains.TestSupport;

/// <summary>Makes databases of one kind for tests; all go when it is disposed.</summary>
public interface ITestDatabases : IAsyncLifetime
{
    /// <summary>Creates an empty database.</summary>
    Task<RdbmsConnectionOptions> CreateDatabaseAsync();

    /// <summary>Runs SQL in a database, and returns the first value of what it yields; null if it yields nothing.</summary>
    Task<object?> ExecuteAsync(RdbmsConnectionOptions database, string sql);
}
