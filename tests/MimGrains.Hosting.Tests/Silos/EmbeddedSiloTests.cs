using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Backends;
using MimGrains.Clustering;
using MimGrains.Configuration;
using MimGrains.Persistent;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>MimGrains in a host of one's own.</summary>
[Collection(SiloTestGroup.Name)]
public sealed class EmbeddedSiloTests : IDisposable
{
    private static readonly SessionRecord Record = new() { Priority = 5, Address = "192.0.2.7", Port = 5222 };
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_silo_from_toml_serves_sessions_to_itself_and_to_a_client()
    {
        await File.WriteAllTextAsync(_folder.File("mim.toml"), Configurations.Sqlite(_folder));
        var options = MimGrainsToml.Load(_folder.File("mim.toml"));
        using var silo = Host(options);
        await silo.StartAsync();
        var sessions = silo.Services.GetRequiredService<ISessionManager>();
        var key = await sessions.OpenAsync("example.com", "alice", "phone", Record);
        Assert.Equal(new Session(key, Record), await sessions.GetAsync(key));

        using var client = Client(_folder);
        await client.StartAsync();
        var remote = client.Services.GetRequiredService<ISessionManager>();
        Assert.Equal([new Session(key, Record)], await remote.GetUserSessionsAsync("example.com", "alice"));

        await client.StopAsync();
        await silo.StopAsync();
    }

    [Fact]
    public async Task A_silo_by_code_gets_free_ports_a_name_and_a_number()
    {
        MimGrainsOptions? options = null;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => silo.UseMimGrains(set => Configurations.SetSqlite(options = set, _folder)));
        using var host = builder.Build();
        await host.StartAsync();
        Assert.NotEqual(0, options!.Node.SiloPort);
        Assert.NotEqual(options.Node.SiloPort, options.Node.GatewayPort);
        var nodes = host.Services.GetRequiredService<INodeRegistry>();
        Assert.Equal(1, nodes.NodeNumber);
        Assert.Equal(new DiscoveredNode(options.Node.EffectiveName, 1, "127.0.0.1"), Assert.Single(nodes.Nodes));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_host_has_tables_of_its_own()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddReplicatedTable(new TableDefinition<string, SessionRecord>("own"));
        builder.UseOrleans(silo => silo.UseMimGrains(options => Configurations.SetSqlite(options, _folder)));
        using var host = builder.Build();
        await host.StartAsync();
        var table = host.Services.GetRequiredKeyedService<IReplicatedTable<string, SessionRecord>>("own");
        await table.InsertAsync("anna", Record);
        Assert.True(table.TryGet("anna", out var found));
        Assert.Equal(Record, found);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_silo_with_mnesia_alone_keeps_sessions_and_a_persistent_table_which_survives_it()
    {
        var definition = new PersistentTableDefinition<string, Counter>("own");
        for (var start = 1; start <= 2; start++)
        {
            var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            builder.Services.AddPersistentTable(definition);
            builder.UseOrleans(silo => silo.UseMimGrains(options => Configurations.SetSqliteWithMnesia(options, _folder)));
            using var host = builder.Build();
            await host.StartAsync();
            var tables = host.Services.GetRequiredService<IPersistentTables>();
            await tables.WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60));
            var sessions = host.Services.GetRequiredService<ISessionManager>();
            var key = await sessions.OpenAsync("example.com", "alice", "phone", Record);
            Assert.Equal([new Session(key, Record)], await sessions.GetUserSessionsAsync("example.com", "alice"));

            var sum = await host.Services.GetRequiredService<ITransactions>().TransactionAsync(
                async transaction => await transaction.UpdateCounterAsync(definition, "starts", 1));
            Assert.Equal(start, sum);
            Assert.Equal(start, tables.Get<string, Counter>("own").TryGet("starts", out var starts) ? starts.Value : 0);
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task A_silo_with_mnesia_alone_keeps_all_backends_in_persistent_tables()
    {
        var options = new MimGrainsOptions
        {
            Modules = new() { StreamManagement = new() { StaleH = new() { Enabled = true } }, Muc = new() },
            Services = new() { Bosh = new() },
            Auth = new() { Anonymous = new() },
        };
        Configurations.SetSqliteWithMnesia(options, _folder);
        using var host = Host(options);
        await host.StartAsync();
        var tables = host.Services.GetRequiredService<IPersistentTables>();
        await tables.WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60));
        Assert.Equal(
            [
                "auth_anonymous", "bosh", "cluster_id", "external_component", "keystore", "muc_online_room", "s2s_secret", "s2s_session",
                "session", "session_ended", "stream_management_session", "stream_management_stale_h",
            ],
            tables.Names);

        var connection = new ConnectionRef(host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(), "x");
        var s2s = host.Services.GetRequiredService<IS2sBackend>();
        Assert.True(await s2s.TryRegisterAsync(new("us.example", "them.example"), connection));
        Assert.Equal([connection], await s2s.GetAsync(new("us.example", "them.example")));
        Assert.True(Guid.TryParse(await host.Services.GetRequiredService<IClusterId>().GetAsync(), out _));
        await host.StopAsync();
    }

    private static IHost Host(MimGrainsOptions options)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => silo.UseMimGrains(options));
        return builder.Build();
    }

    // As from an appsettings.json.
    private static IHost Client(TempFolder folder)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MimGrains:general:sm_backend"] = "cets",
            ["MimGrains:general:s2s_backend"] = "cets",
            ["MimGrains:general:component_backend"] = "cets",
            ["MimGrains:internal_databases:cets:backend"] = "rdbms",
            ["MimGrains:outgoing_pools:rdbms:default:connection:driver"] = "sqlite",
            ["MimGrains:outgoing_pools:rdbms:default:connection:file"] = folder.File("mim.db"),
        });
        builder.UseOrleansClient(client => client.UseMimGrains(builder.Configuration.GetSection("MimGrains")));
        return builder.Build();
    }
}
