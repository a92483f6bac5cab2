using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Hosting;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;

namespace MimGrains.Cli.Tests;

/// <summary>A silo process on SQLite, a client of it in this process, and <c>mimctl</c> to run against it.</summary>
public class SiloFixture : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TempFolder _folder = new();
    private SiloProcess? _silo;
    private IHost? _client;

    public ISessionManager Sessions => _client!.Services.GetRequiredService<ISessionManager>();

    public IGrainFactory Grains => _client!.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Returns which internal database keeps the sessions.</summary>
    protected virtual string SessionBackend => "cets";

    private string Config => _folder.File("mim.toml");

    public async Task InitializeAsync()
    {
        var ports = FreePorts.Take(2);
        await System.IO.File.WriteAllTextAsync(Config, $"""
            [node]
            name = "mim1@localhost"
            silo_port = {ports[0]}
            gateway_port = {ports[1]}

            [general]
            sm_backend = "{SessionBackend}"
            s2s_backend = "cets"
            component_backend = "cets"

            [internal_databases.mnesia]

            [internal_databases.cets]
            cluster_name = "cli"

            [outgoing_pools.rdbms.default.connection]
            driver = "sqlite"
            file = "{_folder.File("mim.db")}"
            """);
        _silo = SiloProcess.Start("mim-silo", Program("mim-silo.dll", "--config", Config));
        await _silo.WaitForLineAsync(line => line.StartsWith("mim-silo ready", StringComparison.Ordinal), Patience);
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => client.UseMimGrains(MimGrainsToml.Load(Config)));
        _client = builder.Build();
        await _client.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }

        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>Returns a path for a file that goes with the silo.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>Starts <c>mimctl</c> with the configuration of the silo.</summary>
    public SiloProcess Start(params string[] arguments) =>
        SiloProcess.Start("mimctl", Program("mimctl.dll", ["--config", Config, "--timeout", "60", .. arguments]));

    /// <summary>Runs <c>mimctl</c> to its end.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var command = Start(arguments);
        var code = await command.Exited.WaitAsync(Patience);
        return (code, command.Output.Tail(500));
    }

    /// <summary>Runs <c>mimctl</c> without any configuration of ours.</summary>
    public static async Task<(int ExitCode, string Output)> RunBareAsync(params string[] arguments)
    {
        await using var command = SiloProcess.Start("mimctl", Program("mimctl.dll", arguments));
        var code = await command.Exited.WaitAsync(Patience);
        return (code, command.Output.Tail(500));
    }

    private static ChildCommand Program(string name, params string[] arguments) =>
        ChildCommand.ForAssembly(Path.Combine(AppContext.BaseDirectory, name), arguments);
}

/// <summary>The same, with the sessions in a persistent table.</summary>
public sealed class PersistentSiloFixture : SiloFixture
{
    protected override string SessionBackend => "mnesia";
}
