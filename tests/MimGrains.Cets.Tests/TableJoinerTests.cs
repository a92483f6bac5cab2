using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Cets.Membership;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class TableJoinerTests
{
    private static readonly SiloAddress Self = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress Dead = SiloAddress.New(IPAddress.Loopback, 2, 1);

    [Fact]
    public async Task Who_goes_first_knows_the_dead_of_the_membership_also_before_their_notices_come()
    {
        var table = LocalTable.Joining(new TableDefinition<string, string>("table"), Self.ToParsableString());
        var joiner = new TableJoiner(table, new LiveSilos(new Membership(), new Details()), null!, null!, NullLogger.Instance);

        await joiner.JoinAsync(CancellationToken.None);

        Assert.True(table.Replica.IsReady);
        Assert.Equal([new ReplicaId(Dead.ToParsableString())], table.Locked(replica => replica.DeadReplicas));
    }

    private sealed class Membership : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } = new(
            new[] { new ClusterMember(Self, SiloStatus.Active, "self"), new ClusterMember(Dead, SiloStatus.Dead, "dead") }
                .ToImmutableDictionary(member => member.SiloAddress),
            new MembershipVersion(7));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class Details : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "cluster";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => Self;

        public SiloAddress GatewayAddress => Self;
    }
}
