using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MimGrains.Configuration;
using Orleans.Configuration;
using Orleans.Hosting;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Keeps state of grains in the SQL database.</summary>
public static class RdbmsStorageExtensions
{
    /// <summary>
    /// Adds Orleans' ADO.NET grain storage over a SQL database. The schema is applied at start, if it is missing; a database that
    /// is away is waited for.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The name of the storage provider.</param>
    /// <param name="connection">The database.</param>
    public static ISiloBuilder AddRdbmsGrainStorage(this ISiloBuilder builder, string name, RdbmsConnectionOptions connection)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(connection);
        var database = new RdbmsDatabase(connection);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(database);
        builder.Services.TryAddSingleton(provider => new SchemaInstaller(
            database, SqlScript.Embedded(database.Folder), provider.GetRequiredService<ILogger<SchemaInstaller>>()));
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, SchemaStart>());
        return builder.AddAdoNetGrainStorage(name, options =>
        {
            options.Invariant = database.Invariant;
            if (database.Driver == RdbmsDriver.Sqlite)
            {
                options.DataSource = new SqliteStorageSource(database.StorageConnectionString);
            }
            else
            {
                options.ConnectionString = database.StorageConnectionString;
            }
        });
    }
}
