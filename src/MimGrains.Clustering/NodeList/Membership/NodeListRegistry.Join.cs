using MimGrains.Core.Consensus;
using MimGrains.Core.Membership;

namespace MimGrains.Clustering.NodeList;

// registered -> Orleans writes Joining -> every active silo has answered it -> Orleans writes Active
internal sealed partial class NodeListRegistry
{
    // As long as active silos take to notice that one of them is silent.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, long> _silentSince = [];
    private volatile bool _isJoining;
    private volatile bool _wasActive;

    /// <summary>
    /// Whether the silo reads the table in order to write that it joins or leaves: then <see cref="ReservationName"/> is to
    /// reserve the change.
    /// </summary>
    public bool IsMoving => !_wasActive || _isLeaving;

    /// <summary>Returns the name of this silo in reservations.</summary>
    public string ReservationName => $"{list.Self} {identity.Generation}";

    /// <summary>A row was written.</summary>
    public void OnWritten(MembershipRow row)
    {
        if (IsOwn(row))
        {
            _isJoining = row.Status == (int)SiloStatus.Joining;
            _wasActive |= row.Status == (int)SiloStatus.Active;
        }
    }

    // A silo that joins waits until all active ones have answered. They watch each other; but after all were killed, and one
    // does not come back, nobody is left who would notice, for a minute and a half. Those that join have to.
    private async Task BuryAsync(MembershipTable table, CancellationToken cancellationToken)
    {
        var active = _isJoining ? table.Rows.Where(row => row.Status == (int)SiloStatus.Active).ToList() : [];
        var reachable = caller.Reachable().Select(node => node.Value).ToHashSet();
        var listed = caller.Listed.Select(node => node.Value).ToHashSet();
        if (active.Any(row => reachable.Contains(row.Name) || !listed.Contains(row.Name)))
        {
            active = [];
        }

        var silos = active.Select(row => row.Silo).ToHashSet();
        foreach (var gone in _silentSince.Keys.Where(silo => !silos.Contains(silo)).ToList())
        {
            _silentSince.Remove(gone);
        }

        foreach (var silo in silos)
        {
            _silentSince.TryAdd(silo, time.GetTimestamp());
        }

        silos.RemoveWhere(silo => time.GetElapsedTime(_silentSince[silo]) < SilenceLimit);
        if (silos.Count > 0)
        {
            var change = MembershipChange.Of(found => found.Bury(silos), time.GetUtcNow().UtcTicks);
            await client.RunAsync(OperationGoal.Change, change, KeepLimit, cancellationToken);
            LogBuried(_logger, string.Join(", ", silos), SilenceLimit.TotalSeconds);
        }
    }
}
