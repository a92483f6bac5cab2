using MimGrains.Persistent;

namespace MimGrains.Configuration;

/// <summary>
/// Everything that can be configured, in the shape of the TOML file: the same model is filled from TOML, from
/// <c>IConfiguration</c> and by code, and is checked by one validator.
/// </summary>
public sealed class MimGrainsOptions
{
    /// <summary>Gets or sets this process's name, addresses, ports and data directory: <c>[node]</c>.</summary>
    public NodeOptions Node { get; set; } = new();

    /// <summary>Gets or sets which backends general parts use: <c>[general]</c>.</summary>
    public GeneralOptions General { get; set; } = new();

    /// <summary>
    /// Gets or sets the internal databases: <c>[internal_databases]</c>. Null stands for a section that is left out, which
    /// means only Mnesia.
    /// </summary>
    public InternalDatabasesOptions? InternalDatabases { get; set; }

    /// <summary>Gets or sets the modules with state of their own: <c>[modules]</c>.</summary>
    public ModulesOptions Modules { get; set; } = new();

    /// <summary>Gets or sets the services with state of their own: <c>[services]</c>.</summary>
    public ServicesOptions Services { get; set; } = new();

    /// <summary>Gets or sets the ways to log in with state of their own: <c>[auth]</c>.</summary>
    public AuthOptions Auth { get; set; } = new();

    /// <summary>Gets or sets the SQL database: <c>[outgoing_pools.rdbms.default.connection]</c>. Null when left out.</summary>
    public RdbmsConnectionOptions? Rdbms { get; set; }
}

/// <summary>This process: <c>[node]</c>.</summary>
public sealed class NodeOptions
{
    /// <summary>Gets or sets the node's name, <c>name@host</c>; it survives a restart and is unique in a cluster.</summary>
    /// <value>1 to 250 characters; default <see cref="EffectiveName"/>.</value>
    public string? Name { get; set; }

    /// <summary>Returns <see cref="Name"/>, or <c>mongooseim-PORT@ADDRESS</c> with the silo port and the address.</summary>
    public string EffectiveName => Name ?? $"mongooseim-{SiloPort}@{Address}";

    /// <summary>Gets or sets the IP address that other nodes connect to; <c>MIM_NODE_IP</c> overrides it.</summary>
    /// <value>Default <c>127.0.0.1</c>.</value>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Gets or sets the port between silos.</summary>
    /// <value>1 to 65,535, or 0 for a free one; default 11111.</value>
    public int SiloPort { get; set; } = 11_111;

    /// <summary>Gets or sets the port for Orleans clients.</summary>
    /// <value>1 to 65,535, or 0 for a free one; default 30000.</value>
    public int GatewayPort { get; set; } = 30_000;

    /// <summary>Gets or sets the port of the node-list membership (<c>backend = "file"</c>).</summary>
    /// <value>1 to 65,535, or 0 for a free one; default 11112.</value>
    public int DiscoveryPort { get; set; } = 11_112;

    /// <summary>Gets or sets the port of the HTTP health endpoint; null for none.</summary>
    /// <value>1 to 65,535, or 0 for a free one; default none.</value>
    public int? HealthPort { get; set; }

    /// <summary>Gets or sets the folder for what this node keeps on disk; relative to the working directory.</summary>
    /// <value>Default <c>data</c>.</value>
    public string DataDirectory { get; set; } = "data";

    /// <summary>Gets or sets whether this node notices at once that the process of another one has crashed, and is noticed so.</summary>
    /// <value>Default <see cref="CrashDetection.On"/>. Without, a crash is noticed by probes, after about four seconds.</value>
    public CrashDetection CrashDetection { get; set; } = CrashDetection.On;
}

/// <summary>Whether crashes are noticed by the end of a connection that cannot be opened again.</summary>
public enum CrashDetection
{
    /// <summary>Only by probes that are not answered.</summary>
    Off = 0,

    /// <summary>At once.</summary>
    On = 1,
}

/// <summary>Which internal database a part keeps its state in.</summary>
public enum InternalDatabase
{
    /// <summary>Persistent tables with transactions.</summary>
    Mnesia = 0,

    /// <summary>Replicated tables in memory.</summary>
    Cets = 1,
}

/// <summary>Backends of the general parts: <c>[general]</c>.</summary>
public sealed class GeneralOptions
{
    /// <summary>Gets or sets where sessions are kept: <c>sm_backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase SmBackend { get; set; } = InternalDatabase.Mnesia;

    /// <summary>Gets or sets where server-to-server connections are kept: <c>s2s_backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase S2sBackend { get; set; } = InternalDatabase.Mnesia;

    /// <summary>Gets or sets where external components are kept: <c>component_backend</c>.</summary>
    /// <value>Default <see cref="InternalDatabase.Mnesia"/>.</value>
    public InternalDatabase ComponentBackend { get; set; } = InternalDatabase.Mnesia;

    /// <summary>
    /// Gets or sets how long a new session waits for the connections of those that it replaces: <c>replaced_wait_timeout</c>.
    /// Named as MongooseIM names it.
    /// </summary>
    /// <value>1 to 60,000 milliseconds; default 2,000.</value>
    public int ReplacedWaitTimeout { get; set; } = 2_000;
}

/// <summary>The enabled internal databases: <c>[internal_databases]</c>.</summary>
public sealed class InternalDatabasesOptions
{
    /// <summary>Gets or sets the Mnesia section; null when it is not enabled.</summary>
    public MnesiaOptions? Mnesia { get; set; }

    /// <summary>Gets or sets the CETS section; null when it is not enabled.</summary>
    public CetsOptions? Cets { get; set; }
}

/// <summary>Enables persistent tables: <c>[internal_databases.mnesia]</c>.</summary>
public sealed class MnesiaOptions
{
    /// <summary>
    /// Gets what is set for single tables, by their names: <c>[internal_databases.mnesia.tables.NAME]</c>. Each must be
    /// registered on the silo; it must be the same on all silos.
    /// </summary>
    public IDictionary<string, MnesiaTableOptions> Tables { get; } =
        new SortedDictionary<string, MnesiaTableOptions>(StringComparer.Ordinal);
}

/// <summary>What is set for one persistent table, over what its definition says.</summary>
public sealed class MnesiaTableOptions
{
    /// <summary>Gets or sets where the records are: <c>storage</c>.</summary>
    /// <value>Default null: what the definition says.</value>
    public StorageType? Storage { get; set; }

    /// <summary>Gets or sets into how many fragments the table is cut: <c>fragments</c>.</summary>
    /// <value>
    /// 1 to <see cref="PersistentTableDefinition.MaxFragments"/>; default null: what the definition says. A table that is stored
    /// keeps its number.
    /// </value>
    public int? Fragments { get; set; }

    /// <summary>Gets or sets where this is set, such as <c>mim.toml:7</c>; shown in errors.</summary>
    /// <value>Default null: in code.</value>
    public string? Origin { get; set; }
}

/// <summary>How nodes find each other.</summary>
public enum DiscoveryBackend
{
    /// <summary>Through a SQL database.</summary>
    Rdbms = 0,

    /// <summary>Through a text file with a list of nodes.</summary>
    File = 1,
}

/// <summary>Enables replicated tables: <c>[internal_databases.cets]</c>.</summary>
public sealed class CetsOptions
{
    /// <summary>Gets or sets how nodes find each other: <c>backend</c>.</summary>
    /// <value>Default <see cref="DiscoveryBackend.Rdbms"/>.</value>
    public DiscoveryBackend Backend { get; set; } = DiscoveryBackend.Rdbms;

    /// <summary>Gets or sets the name of the cluster; only nodes with the same name see each other: <c>cluster_name</c>.</summary>
    /// <value>1 to 128 characters; default <c>mongooseim</c>.</value>
    public string ClusterName { get; set; } = "mongooseim";

    /// <summary>Gets or sets the file with the list of nodes, relative to the working directory: <c>node_list_file</c>.</summary>
    /// <value>Required for <see cref="DiscoveryBackend.File"/>; default none.</value>
    public string? NodeListFile { get; set; }

    /// <summary>
    /// Gets or sets how often the list is read where the file system tells of no change: <c>node_list_poll_ms</c>. A change
    /// counts within this and half a second.
    /// </summary>
    /// <value>100 to 60,000 milliseconds; default 1,000. Only for <see cref="DiscoveryBackend.File"/>.</value>
    public int NodeListPollMs { get; set; } = 1_000;

    /// <summary>
    /// Gets or sets whether a list counts that shares no quorum with the one before, as when most nodes are replaced at once:
    /// <c>confirm_list_jump</c>. A quorum of the old list must still be there and have the new one: nobody decides instead of
    /// it.
    /// </summary>
    /// <value>Default false. Only for <see cref="DiscoveryBackend.File"/>.</value>
    public bool ConfirmListJump { get; set; }

    /// <summary>
    /// Gets or sets the secret that all nodes and clients of the cluster hold, MongooseIM's cookie: <c>cluster_secret</c>. It is
    /// never sent.
    /// </summary>
    /// <value>
    /// 16 to 1,024 characters; default none. This or <see cref="ClusterSecretFile"/> is required for
    /// <see cref="DiscoveryBackend.File"/>. Never logged.
    /// </value>
    public string? ClusterSecret { get; set; }

    /// <summary>Gets or sets a file that holds the secret: <c>cluster_secret_file</c>. White space around it does not count.</summary>
    /// <value>Default none. Instead of <see cref="ClusterSecret"/>.</value>
    public string? ClusterSecretFile { get; set; }

    /// <summary>Gets or sets the certificate of this node, in PEM, for TLS on the discovery port: <c>tls_certificate_file</c>.</summary>
    /// <value>Default none, which means no TLS. All three files of TLS or none. Only for <see cref="DiscoveryBackend.File"/>.</value>
    public string? TlsCertificateFile { get; set; }

    /// <summary>Gets or sets the key of the certificate, in PEM: <c>tls_key_file</c>.</summary>
    /// <value>Default none.</value>
    public string? TlsKeyFile { get; set; }

    /// <summary>
    /// Gets or sets the certificates, in PEM, of the authorities that sign those of the nodes: <c>tls_authority_file</c>. No
    /// others are believed.
    /// </summary>
    /// <value>Default none.</value>
    public string? TlsAuthorityFile { get; set; }
}

/// <summary>Kinds of SQL databases.</summary>
public enum RdbmsDriver
{
    /// <summary>PostgreSQL.</summary>
    Pgsql = 0,

    /// <summary>SQLite: a file that all silo processes of one machine share.</summary>
    Sqlite = 1,
}

/// <summary>The SQL database: <c>[outgoing_pools.rdbms.default.connection]</c>.</summary>
public sealed class RdbmsConnectionOptions
{
    /// <summary>Gets or sets the kind of database: <c>driver</c>. Required.</summary>
    public RdbmsDriver Driver { get; set; }

    /// <summary>Gets or sets the database server's host: <c>host</c>.</summary>
    /// <value>Default <c>localhost</c>. Only for <see cref="RdbmsDriver.Pgsql"/>.</value>
    public string Host { get; set; } = "localhost";

    /// <summary>Gets or sets the database server's port: <c>port</c>.</summary>
    /// <value>1 to 65,535; default 5432. Only for <see cref="RdbmsDriver.Pgsql"/>.</value>
    public int Port { get; set; } = 5_432;

    /// <summary>Gets or sets the database's name: <c>database</c>.</summary>
    /// <value>Required for <see cref="RdbmsDriver.Pgsql"/>.</value>
    public string? Database { get; set; }

    /// <summary>Gets or sets the user: <c>username</c>.</summary>
    /// <value>Required for <see cref="RdbmsDriver.Pgsql"/>.</value>
    public string? Username { get; set; }

    /// <summary>Gets or sets the password: <c>password</c>.</summary>
    /// <value>Default none. Never logged.</value>
    public string? Password { get; set; }

    /// <summary>Gets or sets the database file, relative to the working directory: <c>file</c>.</summary>
    /// <value>Required for <see cref="RdbmsDriver.Sqlite"/>.</value>
    public string? File { get; set; }
}
