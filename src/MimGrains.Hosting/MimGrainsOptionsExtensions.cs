using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>Shorthands for the options that most hosts set in code.</summary>
public static class MimGrainsOptionsExtensions
{
    /// <summary>Keeps everything in replicated tables: enables CETS, and makes it the backend of all parts.</summary>
    /// <param name="options">What to change.</param>
    /// <param name="clusterName">Only silos and clients with the same name see each other; 1 to 128 characters.</param>
    /// <returns><paramref name="options"/>.</returns>
    public static MimGrainsOptions UseCets(this MimGrainsOptions options, string clusterName)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.InternalDatabases ??= new InternalDatabasesOptions();
        options.InternalDatabases.Cets = new CetsOptions { ClusterName = clusterName };
        options.General.SmBackend = InternalDatabase.Cets;
        options.General.S2sBackend = InternalDatabase.Cets;
        options.General.ComponentBackend = InternalDatabase.Cets;
        options.Modules.StreamManagement = new StreamManagementOptions { Backend = InternalDatabase.Cets };
        options.Modules.Muc = new MucOptions { OnlineBackend = InternalDatabase.Cets };
        options.Modules.Caps = new CapsOptions();
        options.Services.Bosh = new BoshOptions { Backend = InternalDatabase.Cets };
        options.Auth.Anonymous = new AnonymousOptions { Backend = InternalDatabase.Cets };
        return options;
    }

    /// <summary>Lets silos find each other through a text file that lists them, without a database. CETS must be enabled.</summary>
    /// <param name="options">What to change.</param>
    /// <param name="file">One node a line, <c>name@host</c>; read again when it changes.</param>
    /// <param name="secret">What all nodes and clients of the cluster hold; at least 16 characters. Never sent or logged.</param>
    /// <returns><paramref name="options"/>.</returns>
    /// <exception cref="InvalidOperationException">CETS is not enabled; <see cref="UseCets"/> does that.</exception>
    public static MimGrainsOptions UseNodeList(this MimGrainsOptions options, string file, string secret)
    {
        ArgumentNullException.ThrowIfNull(options);
        var cets = options.InternalDatabases?.Cets ?? throw new InvalidOperationException("UseCets comes before UseNodeList.");
        (cets.Backend, cets.NodeListFile, cets.ClusterSecret) = (DiscoveryBackend.File, file, secret);
        return options;
    }

    /// <summary>Lets silos find each other through a SQLite file, which all silos of one machine share.</summary>
    /// <param name="options">What to change.</param>
    /// <param name="file">Made if it is not there; relative to the working directory.</param>
    /// <returns><paramref name="options"/>.</returns>
    public static MimGrainsOptions UseSqlite(this MimGrainsOptions options, string file)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Rdbms = new RdbmsConnectionOptions { Driver = RdbmsDriver.Sqlite, File = file };
        return options;
    }

    /// <summary>Lets silos find each other through a PostgreSQL database.</summary>
    /// <param name="options">What to change.</param>
    /// <param name="host">Name or address of the server.</param>
    /// <param name="database">Name of the database; it must exist.</param>
    /// <param name="username">Who logs in.</param>
    /// <param name="password">Null for none. Never logged.</param>
    /// <returns><paramref name="options"/>.</returns>
    public static MimGrainsOptions UsePostgres(
        this MimGrainsOptions options, string host, string database, string username, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Rdbms = new RdbmsConnectionOptions
        {
            Driver = RdbmsDriver.Pgsql, Host = host, Database = database, Username = username, Password = password,
        };
        return options;
    }
}
