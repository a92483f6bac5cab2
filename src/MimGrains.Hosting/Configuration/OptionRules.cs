using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>A rule that a set of options breaks.</summary>
/// <param name="Option">The option to change.</param>
/// <param name="Message">What was found and what is allowed.</param>
/// <param name="Because">
/// The options and sections that the rule follows from, the most telling first: the place of the first that was set is
/// shown when <paramref name="Option"/> itself was not set.
/// </param>
internal sealed record BrokenRule(string Option, string Message, params IReadOnlyList<string> Because);

/// <summary>What all options must keep, whatever source they come from.</summary>
internal static class OptionRules
{
    private const string Backend = $"{OptionTable.Cets}.backend";
    private const string Driver = $"{OptionTable.Connection}.driver";

    private static readonly string[] PgsqlOnly = ["host", "port", "database", "username", "password"];
    private static readonly string[] SqliteOnly = ["file"];

    private static readonly MimGrainsOptions Defaults =
        new() { Rdbms = new(), InternalDatabases = new() { Cets = new() } };

    /// <summary>Returns every rule that is broken.</summary>
    /// <param name="options">The options to look at.</param>
    /// <param name="isSet">
    /// Tells whether a source has set the option at a path; null when that is not known, and an option then counts as
    /// set when it differs from its default.
    /// </param>
    public static IReadOnlyList<BrokenRule> Check(MimGrainsOptions options, Func<string, bool>? isSet = null)
    {
        (string Section, object? Value)[] sections =
        [
            (OptionTable.Node, options.Node), (OptionTable.General, options.General), ("modules", options.Modules),
            ("services", options.Services), ("auth", options.Auth),
        ];
        if (sections.Where(section => section.Value is null).Select(section => section.Section).FirstOrDefault() is { } missing)
        {
            return [new(missing, "found null; allowed: a section")];
        }

        isSet ??= path => OptionTable.ByPath[path].Show(options) is { } shown
            && shown != OptionTable.ByPath[path].Show(Defaults);
        return [.. Values(options), .. Ports(options), .. Backends(options), .. NodeListRules.Check(options),
            .. ConnectionNeeded(options), .. ConnectionOptions(options, isSet)];
    }

    /// <summary>Returns whether the option at this path means nothing with the driver that is chosen.</summary>
    public static bool IsOfOtherDriver(string path, MimGrainsOptions options) =>
        options.Rdbms is { } rdbms && OfOtherDriver(rdbms.Driver).Contains(path);

    private static IEnumerable<BrokenRule> Values(MimGrainsOptions options) => OptionTable.Options.Concat(MnesiaTableSettings.All(options))
        .Where(option => !option.IsAllowed(options))
        .Select(option => new BrokenRule(option.Path, option.Refuse(option.Show(options)!)));

    // Two listeners of one process cannot share a port; discovery listens only for the file backend.
    private static IEnumerable<BrokenRule> Ports(MimGrainsOptions options)
    {
        var node = options.Node;
        var usesFile = options.InternalDatabases?.Cets?.Backend == DiscoveryBackend.File;
        (string Name, int Port)[] ports =
        [
            ("silo_port", node.SiloPort),
            ("gateway_port", node.GatewayPort),
            ("discovery_port", usesFile ? node.DiscoveryPort : 0),
            ("health_port", node.HealthPort ?? 0),
        ];
        for (var later = 1; later < ports.Length; later++)
        {
            var clash = Array.FindIndex(ports, 0, later, other => other.Port != 0 && other.Port == ports[later].Port);
            if (clash >= 0)
            {
                var other = $"{OptionTable.Node}.{ports[clash].Name}";
                yield return new(
                    $"{OptionTable.Node}.{ports[later].Name}",
                    $"found {ports[later].Port}, which is {other} too; allowed: a port that nothing else listens on",
                    other);
            }
        }
    }

    /// <remarks>
    /// Follows <c>check_backends</c> of MongooseIM's <c>mongoose_config_spec.erl</c>: all are listed at once.
    /// </remarks>
    private static IEnumerable<BrokenRule> Backends(MimGrainsOptions options)
    {
        var databases = options.InternalDatabases ?? new() { Mnesia = new() };
        var missing = ModuleBackends.Chosen(options)
            .Where(item => (item.Backend == InternalDatabase.Mnesia && databases.Mnesia is null)
                || (item.Backend == InternalDatabase.Cets && databases.Cets is null))
            .Select(item => (Path: item.Option, Needed: item.Backend.ToString().ToLowerInvariant()))
            .ToArray();
        if (missing.Length == 0)
        {
            yield break;
        }

        var list = missing.Select(item =>
            $"{item.Path} = \"{item.Needed}\" needs [{OptionTable.Databases}.{item.Needed}]");
        yield return new(
            OptionTable.Databases,
            "Some backends require internal databases that are not configured. Add the required databases to the "
            + $"'internal_databases' section. Missing: {string.Join(", ", list)}",
            [
                .. missing.Select(item => item.Path),
                .. missing.Select(item => $"{OptionTable.Databases}.{item.Needed}"),
            ]);
    }

    private static IEnumerable<BrokenRule> ConnectionNeeded(MimGrainsOptions options)
    {
        if (options.Rdbms is not null)
        {
            yield break;
        }

        var reasons = new List<string>();
        if (options.InternalDatabases?.Cets is { Backend: DiscoveryBackend.Rdbms })
        {
            reasons.Add($"{Backend} = \"rdbms\" finds the other nodes through it");
        }

        if (options.InternalDatabases is null)
        {
            reasons.Add($"Mnesia keeps its tables in it, and leaving [{OptionTable.Databases}] out means only Mnesia");
        }
        else if (options.InternalDatabases.Mnesia is not null)
        {
            reasons.Add($"[{OptionTable.Mnesia}] keeps its tables in it");
        }

        if (reasons.Count > 0)
        {
            yield return new(
                OptionTable.Connection,
                $"found nothing; add the section [{OptionTable.Connection}]: {string.Join(", and ", reasons)}",
                Backend, OptionTable.Cets, OptionTable.Mnesia, OptionTable.Databases);
        }
    }

    private static IEnumerable<BrokenRule> ConnectionOptions(MimGrainsOptions options, Func<string, bool> isSet)
    {
        if (options.Rdbms is not { } rdbms || !Enum.IsDefined(rdbms.Driver))
        {
            yield break;
        }

        var driver = OptionTable.ByPath[Driver].Show(options)!;
        string[] required = rdbms.Driver == RdbmsDriver.Pgsql ? ["database", "username"] : ["file"];
        var other = rdbms.Driver == RdbmsDriver.Pgsql ? "sqlite" : "pgsql";
        foreach (var path in required.Select(name => $"{OptionTable.Connection}.{name}"))
        {
            if (OptionTable.ByPath[path].Show(options) is null)
            {
                yield return new(path, $"found nothing; driver = {driver} requires it", Driver);
            }
        }

        foreach (var path in OfOtherDriver(rdbms.Driver).Where(isSet))
        {
            yield return new(
                path, $"is only for driver = \"{other}\"; found driver = {driver}; remove one of them", Driver);
        }
    }

    private static IEnumerable<string> OfOtherDriver(RdbmsDriver driver) =>
        (driver == RdbmsDriver.Pgsql ? SqliteOnly : PgsqlOnly).Select(name => $"{OptionTable.Connection}.{name}");
}
