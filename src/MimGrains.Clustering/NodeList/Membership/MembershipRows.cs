using System.Globalization;
using MimGrains.Core.Consensus;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

/// <summary>Orleans' rows of the membership table, and ours.</summary>
internal static class MembershipRows
{
    // Orleans takes version 0 with etag "0" for no version at all.
    private const string EtagPrefix = "v";

    public static TableVersion VersionOf(MembershipTable table) => new((int)table.Version, EtagOf(table.Version));

    /// <summary>Returns the version that a caller has seen; -1, which no table has, if it is none of ours.</summary>
    public static long SeenBy(string? etag) =>
        etag is not null && etag.StartsWith(EtagPrefix, StringComparison.Ordinal)
            && long.TryParse(
                etag.AsSpan(EtagPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : -1;

    public static MembershipTableData ToData(
        MembershipTable table, IEnumerable<MembershipRow> rows, IReadOnlyList<Heartbeat> heartbeats)
    {
        var alive = heartbeats.ToDictionary(heartbeat => heartbeat.Silo, heartbeat => heartbeat.Ticks);
        return new MembershipTableData(
            [.. rows.Select(row => Tuple.Create(ToEntry(row, alive.GetValueOrDefault(row.Silo)), EtagOf(row.Version)))],
            VersionOf(table));
    }

    public static MembershipRow ToRow(MembershipEntry entry) => new()
    {
        Silo = entry.SiloAddress.ToParsableString(),
        Generation = entry.SiloAddress.Generation,
        Name = entry.SiloName ?? "",
        HostName = entry.HostName ?? "",
        Status = (int)entry.Status,
        GatewayPort = entry.ProxyPort,
        Role = entry.RoleName ?? "",
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTicks = entry.StartTime.Ticks,
        AliveTicks = entry.IAmAliveTime.Ticks,
        Suspicions = [.. (entry.SuspectTimes ?? []).Select(
            suspect => new Suspicion(suspect.Item1.ToParsableString(), suspect.Item2.Ticks))],
    };

    private static string EtagOf(long version) => string.Create(CultureInfo.InvariantCulture, $"{EtagPrefix}{version}");

    private static MembershipEntry ToEntry(MembershipRow row, long heardTicks) => new()
    {
        SiloAddress = SiloAddress.FromParsableString(row.Silo),
        SiloName = row.Name,
        HostName = row.HostName,
        Status = (SiloStatus)row.Status,
        ProxyPort = row.GatewayPort,
        RoleName = row.Role,
        UpdateZone = row.UpdateZone,
        FaultZone = row.FaultZone,
        StartTime = Utc(row.StartTicks),
        IAmAliveTime = Utc(Math.Max(row.AliveTicks, heardTicks)),
        SuspectTimes = [.. row.Suspicions.Select(
            suspicion => Tuple.Create(SiloAddress.FromParsableString(suspicion.By), Utc(suspicion.Ticks)))],
    };

    private static DateTime Utc(long ticks) => new(ticks, DateTimeKind.Utc);
}
