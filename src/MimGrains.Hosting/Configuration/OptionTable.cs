using System.Net;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>
/// Every section and every option: the one list that TOML, environment and configuration are read by.
/// </summary>
internal static class OptionTable
{
    public const string Node = "node";
    public const string General = "general";
    public const string Databases = "internal_databases";
    public const string Mnesia = "internal_databases.mnesia";
    public const string MnesiaTables = "internal_databases.mnesia.tables";
    public const string Cets = "internal_databases.cets";
    public const string Connection = "outgoing_pools.rdbms.default.connection";

    public const string StreamManagement = "modules.mod_stream_management";
    public const string StaleH = "modules.mod_stream_management.stale_h";
    public const string Muc = "modules.mod_muc";
    public const string Caps = "modules.mod_caps";
    public const string Bosh = "services.service_bosh";
    public const string Anonymous = "auth.anonymous";

    private const string FreePortAllowed = "a port from 1 to 65535, or 0 for a free one";
    private const string PathAllowed = "a path of at least 1 character, none of them a control character";
    private const string NameAllowed = "at least 1 character, none of them a control character";

    /// <summary>Gets the sections with what turns each of them on, those that hold others first.</summary>
    public static IReadOnlyDictionary<string, Action<MimGrainsOptions>> Sections { get; } =
        new Dictionary<string, Action<MimGrainsOptions>>(StringComparer.Ordinal)
        {
            [Node] = _ => { },
            [General] = _ => { },
            [Databases] = options => options.InternalDatabases ??= new(),
            [Mnesia] = options => options.InternalDatabases!.Mnesia ??= new(),
            [MnesiaTables] = _ => { },
            [Cets] = options => options.InternalDatabases!.Cets ??= new(),
            ["modules"] = _ => { },
            [StreamManagement] = options => options.Modules.StreamManagement ??= new(),
            [StaleH] = _ => { },
            [Muc] = options => options.Modules.Muc ??= new(),
            [Caps] = options => options.Modules.Caps ??= new(),
            ["services"] = _ => { },
            [Bosh] = options => options.Services.Bosh ??= new(),
            ["auth"] = _ => { },
            [Anonymous] = options => options.Auth.Anonymous ??= new(),
            ["outgoing_pools"] = _ => { },
            ["outgoing_pools.rdbms"] = _ => { },
            ["outgoing_pools.rdbms.default"] = _ => { },
            [Connection] = options => options.Rdbms ??= new(),
        };

    /// <summary>Gets the options in the order of the documentation.</summary>
    public static IReadOnlyList<OptionDescriptor> Options { get; } =
        [.. NodeOptions(), .. GeneralOptions(), .. CetsOptions(), .. ModuleOptions.All, .. ConnectionOptions()];

    /// <summary>Gets the options by path.</summary>
    public static IReadOnlyDictionary<string, OptionDescriptor> ByPath { get; } =
        Options.ToDictionary(option => option.Path, StringComparer.Ordinal);

    /// <summary>Gets the options by environment variable.</summary>
    public static IReadOnlyDictionary<string, OptionDescriptor> ByVariable { get; } =
        Options.ToDictionary(option => option.Variable, StringComparer.Ordinal);

    /// <summary>Returns the names that a section may hold: its options and its sections.</summary>
    public static IReadOnlyList<string> Members(string section)
    {
        var prefix = section.Length == 0 ? "" : section + ".";
        return [.. Sections.Keys.Concat(ByPath.Keys)
            .Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(path => path[prefix.Length..])
            .Where(name => name.Length > 0 && !name.Contains('.', StringComparison.Ordinal))];
    }

    private static IEnumerable<OptionDescriptor> NodeOptions() =>
    [
        new TextOption($"{Node}.name", "MIM_NODE_NAME", "name@host, 1 to 250 characters without white space",
            options => options.Node.Name, (options, value) => options.Node.Name = value, IsNodeName)
        { DefaultNote = "`mongooseim@` and the address" },
        new TextOption($"{Node}.address", "MIM_NODE_IP",
            "an IPv4 or IPv6 address that other nodes can connect to",
            options => options.Node.Address ?? "", (options, value) => options.Node.Address = value, IsAddress),
        new PortOption($"{Node}.silo_port", "MIM_NODE_SILO_PORT", FreePortAllowed, 0,
            options => options.Node.SiloPort, (options, value) => options.Node.SiloPort = value),
        new PortOption($"{Node}.gateway_port", "MIM_NODE_GATEWAY_PORT", FreePortAllowed, 0,
            options => options.Node.GatewayPort, (options, value) => options.Node.GatewayPort = value),
        new PortOption($"{Node}.discovery_port", "MIM_NODE_DISCOVERY_PORT", FreePortAllowed, 0,
            options => options.Node.DiscoveryPort, (options, value) => options.Node.DiscoveryPort = value),
        new PortOption($"{Node}.health_port", "MIM_NODE_HEALTH_PORT", FreePortAllowed, 0,
            options => options.Node.HealthPort, (options, value) => options.Node.HealthPort = value)
        { DefaultNote = "no health endpoint" },
        new TextOption($"{Node}.data_directory", "MIM_NODE_DATA_DIRECTORY", PathAllowed,
            options => options.Node.DataDirectory ?? "",
            (options, value) => options.Node.DataDirectory = value, IsLine),
        new ChoiceOption<CrashDetection>($"{Node}.crash_detection", "MIM_NODE_CRASH_DETECTION",
            options => options.Node.CrashDetection, (options, value) => options.Node.CrashDetection = value),
    ];

    private static IEnumerable<OptionDescriptor> GeneralOptions() =>
    [
        new ChoiceOption<InternalDatabase>($"{General}.sm_backend", "MIM_GENERAL_SM_BACKEND",
            options => options.General.SmBackend, (options, value) => options.General.SmBackend = value),
        new ChoiceOption<InternalDatabase>($"{General}.s2s_backend", "MIM_GENERAL_S2S_BACKEND",
            options => options.General.S2sBackend, (options, value) => options.General.S2sBackend = value),
        new ChoiceOption<InternalDatabase>($"{General}.component_backend", "MIM_GENERAL_COMPONENT_BACKEND",
            options => options.General.ComponentBackend, (options, value) => options.General.ComponentBackend = value),
        new IntegerOption($"{General}.replaced_wait_timeout", "MIM_GENERAL_REPLACED_WAIT_TIMEOUT", 1, 60_000, "milliseconds",
            options => options.General.ReplacedWaitTimeout, (options, value) => options.General.ReplacedWaitTimeout = value),
    ];

    private static IEnumerable<OptionDescriptor> CetsOptions() =>
    [
        new ChoiceOption<DiscoveryBackend>($"{Cets}.backend", "MIM_CETS_BACKEND",
            options => options.InternalDatabases?.Cets?.Backend,
            (options, value) => options.InternalDatabases!.Cets!.Backend = value),
        new TextOption($"{Cets}.cluster_name", "MIM_CETS_CLUSTER_NAME",
            "1 to 128 characters, none of them white space or a control character",
            options => options.InternalDatabases?.Cets is { } cets ? cets.ClusterName ?? "" : null,
            (options, value) => options.InternalDatabases!.Cets!.ClusterName = value,
            text => text.Length is >= 1 and <= 128 && IsWord(text)),
        new TextOption($"{Cets}.node_list_file", "MIM_CETS_NODE_LIST_FILE", PathAllowed,
            options => options.InternalDatabases?.Cets?.NodeListFile,
            (options, value) => options.InternalDatabases!.Cets!.NodeListFile = value, IsLine)
        { DefaultNote = "none; required for `backend = \"file\"`" },
        new IntegerOption($"{Cets}.node_list_poll_ms", "MIM_CETS_NODE_LIST_POLL_MS", 100, 60_000, "milliseconds",
            options => options.InternalDatabases?.Cets?.NodeListPollMs,
            (options, value) => options.InternalDatabases!.Cets!.NodeListPollMs = value),
        new SwitchOption($"{Cets}.confirm_list_jump", "MIM_CETS_CONFIRM_LIST_JUMP",
            options => options.InternalDatabases?.Cets?.ConfirmListJump,
            (options, value) => options.InternalDatabases!.Cets!.ConfirmListJump = value),
        new TextOption($"{Cets}.cluster_secret", "MIM_CETS_CLUSTER_SECRET",
            "16 to 1024 characters, none of them a control character",
            options => options.InternalDatabases?.Cets?.ClusterSecret,
            (options, value) => options.InternalDatabases!.Cets!.ClusterSecret = value, IsClusterSecret)
        { IsSecret = true, DefaultNote = "none; this or the file is required for `backend = \"file\"`" },
        PathOption("cluster_secret_file", "MIM_CETS_CLUSTER_SECRET_FILE",
            cets => cets.ClusterSecretFile, (cets, value) => cets.ClusterSecretFile = value),
        PathOption("tls_certificate_file", "MIM_CETS_TLS_CERTIFICATE_FILE",
            cets => cets.TlsCertificateFile, (cets, value) => cets.TlsCertificateFile = value),
        PathOption("tls_key_file", "MIM_CETS_TLS_KEY_FILE",
            cets => cets.TlsKeyFile, (cets, value) => cets.TlsKeyFile = value),
        PathOption("tls_authority_file", "MIM_CETS_TLS_AUTHORITY_FILE",
            cets => cets.TlsAuthorityFile, (cets, value) => cets.TlsAuthorityFile = value),
    ];

    private static TextOption PathOption(
        string name, string variable, Func<CetsOptions, string?> get, Action<CetsOptions, string> set) => new(
        $"{Cets}.{name}", variable, PathAllowed,
        options => options.InternalDatabases?.Cets is { } cets ? get(cets) : null,
        (options, value) => set(options.InternalDatabases!.Cets!, value), IsLine)
    { DefaultNote = "none" };

    /// <summary>Returns whether a text may be the secret of a cluster.</summary>
    public static bool IsClusterSecret(string text) => text.Length is >= 16 and <= 1_024 && !text.Any(char.IsControl);

    private static IEnumerable<OptionDescriptor> ConnectionOptions() =>
    [
        new ChoiceOption<RdbmsDriver>($"{Connection}.driver", "MIM_RDBMS_DRIVER",
            options => options.Rdbms?.Driver, (options, value) => options.Rdbms!.Driver = value)
        { IsRequired = true, DefaultNote = "none; required" },
        new TextOption($"{Connection}.host", "MIM_RDBMS_HOST", "a host name or an IP address, without white space",
            options => options.Rdbms is { } rdbms ? rdbms.Host ?? "" : null,
            (options, value) => options.Rdbms!.Host = value, text => text.Length > 0 && IsWord(text)),
        new PortOption($"{Connection}.port", "MIM_RDBMS_PORT", "a port from 1 to 65535", 1,
            options => options.Rdbms?.Port, (options, value) => options.Rdbms!.Port = value),
        new TextOption($"{Connection}.database", "MIM_RDBMS_DATABASE", NameAllowed,
            options => options.Rdbms?.Database, (options, value) => options.Rdbms!.Database = value, IsLine)
        { DefaultNote = "none; required for pgsql" },
        new TextOption($"{Connection}.username", "MIM_RDBMS_USERNAME", NameAllowed,
            options => options.Rdbms?.Username, (options, value) => options.Rdbms!.Username = value, IsLine)
        { DefaultNote = "none; required for pgsql" },
        new TextOption($"{Connection}.password", "MIM_RDBMS_PASSWORD", "a string",
            options => options.Rdbms?.Password, (options, value) => options.Rdbms!.Password = value, _ => true)
        { IsSecret = true, DefaultNote = "none" },
        new TextOption($"{Connection}.file", "MIM_RDBMS_FILE", PathAllowed,
            options => options.Rdbms?.File, (options, value) => options.Rdbms!.File = value, IsLine)
        { DefaultNote = "none; required for sqlite" },
    ];

    private static bool IsNodeName(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return text.Length <= 250 && at > 0 && at < text.Length - 1 && text.LastIndexOf('@') == at && IsWord(text);
    }

    // The parser alone would take "1" and "0x7f.1"; an unspecified address cannot be connected to.
    private static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out var address)
        && (text.Contains(':', StringComparison.Ordinal) ? !text.StartsWith('[') : address.ToString() == text)
        && !address.Equals(IPAddress.Any)
        && !address.Equals(IPAddress.IPv6Any);

    private static bool IsWord(string text) => !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    private static bool IsLine(string text) => !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl);
}
