using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;
using Orleans.TestingHost;
using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>The contract through an Orleans client: what goes over the wire, and which silo it reaches.</summary>
public sealed class ClientSessionManagerTests(ClientSessionManagerTests.Cluster cluster)
    : SessionManagerContract, IClassFixture<ClientSessionManagerTests.Cluster>, IAsyncLifetime
{
    protected override ISessionManager Sessions => cluster.Client;

    // Orleans holds them weakly.
    private readonly List<ISessionConnection> _kept = [];

    protected override string TargetOf(RecordingConnection connection)
    {
        _kept.Add(connection);
        return cluster.Grains.CreateObjectReference<ISessionConnection>(connection).GetGrainId().ToString();
    }

    public async Task InitializeAsync() => await cluster.Table.DeleteManyAsync([.. cluster.Table.Dump().Select(entry => entry.Key)]);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public void The_client_has_the_session_manager_of_clients() => Assert.IsType<ClientSessionManager>(Sessions);

    [Fact]
    public async Task What_a_client_opens_belongs_to_its_gateway_silo()
    {
        var key = await Open("alice", "phone");

        Assert.Equal(cluster.SiloName, key.Id.Silo);
        Assert.True(cluster.Table.TryGet(key, out _));
    }

    [Fact]
    public async Task An_error_of_the_table_reaches_the_client_with_its_type_and_message()
    {
        cluster.Table.InsertError = new WriteNotAcknowledgedException(SessionTable.Name, ["other"], TimeSpan.FromSeconds(1));
        try
        {
            var error = await Assert.ThrowsAsync<WriteNotAcknowledgedException>(async () => await Open("alice", "phone"));
            Assert.Equal(["other"], error.MissingSilos);
            Assert.Equal(cluster.Table.InsertError.Message, error.Message);
        }
        finally
        {
            cluster.Table.InsertError = null;
        }
    }

    [Fact]
    public async Task A_read_that_was_cancelled_does_not_wait() => await Assert.ThrowsAnyAsync<OperationCanceledException>(
        async () => await Sessions.CountAsync(new CancellationToken(canceled: true)));

    /// <summary>One silo over a <see cref="MemoryTable{TKey,TRecord}"/>, and a client.</summary>
    public sealed class Cluster : IAsyncLifetime
    {
        private InProcessTestCluster? _cluster;

        public ISessionManager Client => _cluster!.Client.ServiceProvider.GetRequiredService<ISessionManager>();

        public IGrainFactory Grains => _cluster!.Client;

        public string SiloName => _cluster!.Silos[0].SiloAddress.ToParsableString();

        internal MemoryTable<SessionKey, SessionRecord> Table { get; } = new(SessionTable.Definition);

        private readonly MemoryTable<string, CleanupClaim> _claims = new(CleanupTable.Definition);

        public async Task InitializeAsync()
        {
            var builder = new InProcessTestClusterBuilder(initialSilosCount: 1);
            builder.ConfigureSilo((_, silo) => silo.Services.AddSessions().AddSessions().AddSingleton<ITableCatalog>(new Catalog(Table, _claims)));
            builder.ConfigureClient(client => client.Services.AddSessionClient());
            _cluster = builder.Build();
            await _cluster.DeployAsync();
        }

        public async Task DisposeAsync()
        {
            if (_cluster is not null)
            {
                await _cluster.DisposeAsync();
            }
        }
    }

    private sealed class Catalog(MemoryTable<SessionKey, SessionRecord> table, MemoryTable<string, CleanupClaim> claims) : ITableCatalog
    {
        public IReadOnlyList<string> Names => [table.Name, claims.Name];

        public IReadOnlyList<string> NotReady => [];

        public IReplicatedTable<TKey, TRecord> Get<TKey, TRecord>(string name)
            where TKey : notnull
            where TRecord : class => (IReplicatedTable<TKey, TRecord>)(name == table.Name ? table : (object)claims);

        public IReplicatedBag<TKey, TRecord> GetBag<TKey, TRecord>(BagDefinition<TKey, TRecord> definition)
            where TKey : notnull
            where TRecord : notnull => throw new NotSupportedException("Nothing that is tested here has bags.");
    }
}
