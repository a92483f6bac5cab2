using System.Net;
using MimGrains.Mnesia.Fragments;

namespace MimGrains.Mnesia.Tests.Transactions;

public sealed class LeavingSilosTests
{
    private readonly Dictionary<SiloAddress, SiloStatus> _statuses = [];
    private readonly LeavingSilos _leaving;

    public LeavingSilosTests() => _leaving = new LeavingSilos(silo => _statuses.GetValueOrDefault(silo, SiloStatus.Active));

    [Fact]
    public void A_silo_is_kept_until_membership_says_itself_that_it_stops()
    {
        for (var generation = 1; generation <= 1_000; generation++)
        {
            _leaving.Add(Silo(generation));
            Assert.True(_leaving.Contains(Silo(generation)));
            Assert.False(_leaving.Contains(Silo(generation + 1)));
            if (generation != 7)
            {
                _statuses[Silo(generation)] = generation % 2 == 0 ? SiloStatus.ShuttingDown : SiloStatus.Dead;
            }
        }

        Assert.True(_leaving.Contains(Silo(7)));
        Assert.Equal(2, _leaving.Count);
    }

    private static SiloAddress Silo(int generation) => SiloAddress.New(IPAddress.Loopback, 11_111, generation);
}
