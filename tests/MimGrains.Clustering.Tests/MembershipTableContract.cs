using System.Net;
using Orleans;
using Orleans.Messaging;
using Orleans.Runtime;

namespace MimGrains.Clustering.Tests;

/// <summary>
/// What Orleans asks of a membership table: every change of rows is tied to the version of the table, so that of those who
/// decide on the same version one wins and the others look again. Source: IMembershipTable's documentation.
/// </summary>
public abstract class MembershipTableContract : IAsyncLifetime
{
    // Stores keep milliseconds or better.
    protected static readonly DateTime Now = new(2026, 5, 1, 12, 0, 0, DateTimeKind.Utc);

    private int _silos;

    protected IMembershipTable Table { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Table = await OpenTableAsync();
        await Table.InitializeMembershipTableAsync(true);
    }

    public abstract Task DisposeAsync();

    /// <summary>Opens the same table again, as another silo would; not initialised.</summary>
    protected abstract Task<IMembershipTable> OpenTableAsync();

    /// <summary>Returns the gateways as a client finds them; initialised.</summary>
    protected abstract Task<IGatewayListProvider> OpenGatewaysAsync();

    [Fact]
    public async Task A_new_table_is_empty_and_has_version_0()
    {
        var data = await Table.ReadAllAsync();

        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotNull(data.Version.VersionEtag);
    }

    [Fact]
    public async Task Initialising_again_changes_nothing()
    {
        await InsertAsync(Silo());
        var other = await OpenTableAsync();

        await other.InitializeMembershipTableAsync(true);

        var data = await other.ReadAllAsync();
        Assert.Equal(1, data.Version.Version);
        Assert.Single(data.Members);
    }

    [Fact]
    public async Task An_inserted_row_is_read_as_it_was_written()
    {
        var silo = Silo(SiloStatus.Joining);
        await InsertAsync(silo);

        var row = await Table.ReadRowAsync(silo.SiloAddress);
        var all = await Table.ReadAllAsync();

        Assert.Equal(1, row.Version.Version);
        AssertSame(silo, Assert.Single(row.Members).Item1);
        Assert.Equal(1, all.Version.Version);
        AssertSame(silo, Assert.Single(all.Members).Item1);
    }

    [Fact]
    public async Task ReadRow_of_an_unknown_silo_returns_the_version_alone()
    {
        await InsertAsync(Silo());

        var data = await Table.ReadRowAsync(Silo().SiloAddress);

        Assert.Empty(data.Members);
        Assert.Equal(1, data.Version.Version);
    }

    [Fact]
    public async Task ReadRow_returns_one_row_of_many()
    {
        var silos = new[] { Silo(), Silo(), Silo() };
        foreach (var silo in silos)
        {
            await InsertAsync(silo);
        }

        var row = await Table.ReadRowAsync(silos[1].SiloAddress);
        var all = await Table.ReadAllAsync();

        AssertSame(silos[1], Assert.Single(row.Members).Item1);
        Assert.Equal(3, row.Version.Version);
        Assert.Equal(3, all.Members.Count);
    }

    [Fact]
    public async Task Insert_with_a_stale_version_is_refused()
    {
        var empty = (await Table.ReadAllAsync()).Version;
        await InsertAsync(Silo());

        Assert.False(await Table.InsertRowAsync(Silo(), empty.Next()));

        var data = await Table.ReadAllAsync();
        Assert.Equal(1, data.Version.Version);
        Assert.Single(data.Members);
    }

    [Fact]
    public async Task Insert_of_a_row_that_exists_is_refused()
    {
        var silo = Silo();
        await InsertAsync(silo);

        Assert.False(await Table.InsertRowAsync(silo, (await Table.ReadAllAsync()).Version.Next()));

        Assert.Equal(1, (await Table.ReadAllAsync()).Version.Version);
    }

    [Fact]
    public async Task The_same_address_of_another_generation_is_another_row()
    {
        var silo = Silo();
        var restarted = Silo();
        restarted.SiloAddress = SiloAddress.New(silo.SiloAddress.Endpoint, silo.SiloAddress.Generation + 1);
        await InsertAsync(silo);

        await InsertAsync(restarted);

        Assert.Equal(2, (await Table.ReadAllAsync()).Members.Count);
    }

    [Fact]
    public async Task Update_changes_status_suspicions_and_time_and_steps_the_version()
    {
        var silo = Silo(SiloStatus.Joining);
        await InsertAsync(silo);
        await InsertAsync(Silo());
        silo.Status = SiloStatus.Active;
        silo.IAmAliveTime = Now.AddMinutes(1);
        silo.AddSuspector(Silo().SiloAddress, Now.AddSeconds(1));
        silo.AddSuspector(Silo().SiloAddress, Now.AddSeconds(2));

        Assert.True(await UpdateAsync(silo));

        var data = await Table.ReadAllAsync();
        Assert.Equal(3, data.Version.Version);
        AssertSame(silo, data.TryGet(silo.SiloAddress)!.Item1);
    }

    [Fact]
    public async Task Update_with_a_stale_version_is_refused()
    {
        var silo = Silo(SiloStatus.Joining);
        var before = (await Table.ReadAllAsync()).Version;
        await InsertAsync(silo);
        var etag = (await Table.ReadRowAsync(silo.SiloAddress)).Members[0].Item2;
        silo.Status = SiloStatus.Active;

        Assert.False(await Table.UpdateRowAsync(silo, etag, before.Next()));

        var data = await Table.ReadAllAsync();
        Assert.Equal(1, data.Version.Version);
        Assert.Equal(SiloStatus.Joining, data.Members[0].Item1.Status);
    }

    [Fact]
    public async Task Update_with_a_stale_etag_is_refused()
    {
        var silo = Silo(SiloStatus.Joining);
        await InsertAsync(silo);
        var stale = (await Table.ReadRowAsync(silo.SiloAddress)).Members[0].Item2;
        silo.Status = SiloStatus.Active;
        Assert.True(await UpdateAsync(silo));
        silo.Status = SiloStatus.Dead;

        Assert.False(await Table.UpdateRowAsync(silo, stale, (await Table.ReadAllAsync()).Version.Next()));

        var data = await Table.ReadAllAsync();
        Assert.Equal(2, data.Version.Version);
        Assert.Equal(SiloStatus.Active, data.Members[0].Item1.Status);
    }

    [Fact]
    public async Task Update_of_an_unknown_silo_is_refused()
    {
        await InsertAsync(Silo());
        var data = await Table.ReadAllAsync();

        Assert.False(await Table.UpdateRowAsync(Silo(), data.Members[0].Item2, data.Version.Next()));

        Assert.Equal(1, (await Table.ReadAllAsync()).Version.Version);
    }

    [Fact]
    public async Task Of_parallel_inserts_of_one_version_one_wins()
    {
        var next = (await Table.ReadAllAsync()).Version.Next();

        var won = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Silo()).ToList()
            .Select(silo => Task.Run(() => Table.InsertRowAsync(silo, next))));

        Assert.Single(won, done => done);
        var data = await Table.ReadAllAsync();
        Assert.Equal(1, data.Version.Version);
        Assert.Single(data.Members);
    }

    [Fact]
    public async Task Parallel_writers_that_look_again_all_get_through_one_version_each()
    {
        const int writers = 10;
        var silo = Silo();
        await InsertAsync(silo);

        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            while (!await UpdateAsync(silo))
            {
                // Another writer had this version.
            }
        }))).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(1 + writers, (await Table.ReadAllAsync()).Version.Version);
    }

    [Fact]
    public async Task UpdateIAmAlive_changes_the_time_and_nothing_else()
    {
        var silo = Silo(SiloStatus.Active);
        await InsertAsync(silo);
        silo.IAmAliveTime = Now.AddSeconds(90);

        // The runtime fills in no more than this.
        await Table.UpdateIAmAliveAsync(new MembershipEntry { SiloAddress = silo.SiloAddress, IAmAliveTime = silo.IAmAliveTime });

        var data = await Table.ReadAllAsync();
        Assert.Equal(1, data.Version.Version);
        AssertSame(silo, data.Members[0].Item1);
    }

    [Fact]
    public async Task Gateways_are_the_active_silos_with_a_gateway_port()
    {
        var gateways = await OpenGatewaysAsync();
        var (first, second, silent) = (Silo(SiloStatus.Active), Silo(SiloStatus.Active), Silo(SiloStatus.Active));
        silent.ProxyPort = 0;
        foreach (var silo in new[] { first, Silo(SiloStatus.Joining), silent, Silo(SiloStatus.Dead), second })
        {
            await InsertAsync(silo);
        }

        var found = await gateways.GetGatewaysAsync();

        string[] expected = [GatewayOf(first), GatewayOf(second)];
        Assert.Equal(expected.Order(), found.Select(uri => $"{uri.Host}:{uri.Port}").Order());
    }

    [Fact]
    public async Task Cleanup_removes_only_dead_silos_that_were_silent_since_before()
    {
        List<MembershipEntry> staying = [];
        foreach (var status in Enum.GetValues<SiloStatus>())
        {
            var silo = Silo(status, Now.AddDays(-10));
            await InsertAsync(silo);
            if (status != SiloStatus.Dead)
            {
                staying.Add(silo);
            }
        }

        var justDead = Silo(SiloStatus.Dead);
        await InsertAsync(justDead);
        staying.Add(justDead);

        await Table.CleanupDefunctSiloEntriesAsync(Now.AddDays(-3));

        Assert.Equal(
            staying.Select(silo => silo.SiloAddress).Order(),
            (await Table.ReadAllAsync()).Members.Select(member => member.Item1.SiloAddress).Order());
    }

    protected async Task InsertAsync(MembershipEntry silo) =>
        Assert.True(await Table.InsertRowAsync(silo, (await Table.ReadAllAsync()).Version.Next()), "InsertRow was refused");

    protected MembershipEntry Silo(SiloStatus status = SiloStatus.Active, DateTime? lastAlive = null)
    {
        var number = Interlocked.Increment(ref _silos);
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.New(IPAddress.Loopback, 11_000 + number, 1_000 + number),
            SiloName = $"silo{number}",
            HostName = "localhost",
            Status = status,
            ProxyPort = 30_000 + number,
            StartTime = lastAlive ?? Now,
            IAmAliveTime = lastAlive ?? Now,
        };
    }

    private static string GatewayOf(MembershipEntry silo) => $"127.0.0.1:{silo.ProxyPort}";

    private static void AssertSame(MembershipEntry expected, MembershipEntry seen)
    {
        Assert.Equal(expected.SiloAddress, seen.SiloAddress);
        Assert.Equal(expected.SiloName, seen.SiloName);
        Assert.Equal(expected.HostName, seen.HostName);
        Assert.Equal(expected.Status, seen.Status);
        Assert.Equal(expected.ProxyPort, seen.ProxyPort);
        Assert.Equal(expected.StartTime, seen.StartTime);
        Assert.Equal(expected.IAmAliveTime, seen.IAmAliveTime);
        Assert.Equal(expected.SuspectTimes ?? [], seen.SuspectTimes ?? []);
    }

    private async Task<bool> UpdateAsync(MembershipEntry silo)
    {
        var data = await Table.ReadRowAsync(silo.SiloAddress);
        return await Table.UpdateRowAsync(silo, data.Members[0].Item2, data.Version.Next());
    }
}
