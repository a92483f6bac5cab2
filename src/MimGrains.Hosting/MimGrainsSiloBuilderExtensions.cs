using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets;
using MimGrains.Clustering.Rdbms;
using MimGrains.Configuration;
using MimGrains.Hosting.Health;
using MimGrains.Mnesia;
using MimGrains.Mnesia.Backups;
using MimGrains.Mnesia.Storage;
using MimGrains.Sessions;
using Orleans.Configuration;
using Orleans.Hosting;

namespace MimGrains.Hosting;

/// <summary>Puts MimGrains into an Orleans silo: endpoints, clustering, replicated and persistent tables, sessions.</summary>
public static class MimGrainsSiloBuilderExtensions
{
    // How long a probe may take, and how often one is sent. No silo is declared dead that was heard of within the time of as
    // many probes as may be missed: a freeze of two seconds is survived, one of five is not.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
    private const int MissedProbes = 3;

    // Changes of the membership are told to every silo as they are made; this is for a silo that missed one.
    private static readonly TimeSpan TableRefreshPeriod = TimeSpan.FromSeconds(15);

    /// <summary>Adds what the options ask for.</summary>
    /// <exception cref="MimGrainsConfigurationException">An option is wrong; the message names all that are.</exception>
    /// <exception cref="PortUnavailableException">A port is in use.</exception>
    public static ISiloBuilder UseMimGrains(this ISiloBuilder builder, MimGrainsOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        MimGrainsOptionsValidator.ThrowIfInvalid(options);
        var discovery = InternalDatabases.DiscoveryOf(options);
        NodePorts.Settle(options.Node, discovery.Backend);
        builder.Services.AddSingleton(options);
        UseEndpoints(builder, options.Node);
        UseDeathRules(builder, options.Node);
        DiscoveryBackends.Use(builder, options, discovery);
        builder.UseReplicatedTables();
        if (InternalDatabases.HasMnesia(options))
        {
            UsePersistentTables(builder, options);
        }

        if (options.General.SmBackend == InternalDatabase.Mnesia)
        {
            builder.Services.AddPersistentSessions();
        }
        else
        {
            builder.Services.AddSessions();
        }

        builder.Services.Configure<SessionOptions>(
            sessions => sessions.ReplacedWaitTimeout = TimeSpan.FromMilliseconds(options.General.ReplacedWaitTimeout));
        ModuleBackends.Add(builder.Services, options);
        SiloHealthServices.Add(builder.Services);
        return builder;
    }

    /// <summary>Adds what the options ask for that <paramref name="configure"/> sets.</summary>
    /// <inheritdoc cref="UseMimGrains(ISiloBuilder, MimGrainsOptions)"/>
    public static ISiloBuilder UseMimGrains(this ISiloBuilder builder, Action<MimGrainsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new MimGrainsOptions();
        configure(options);
        return builder.UseMimGrains(options);
    }

    /// <summary>Adds what a configuration section asks for; its keys are those of the TOML file.</summary>
    /// <inheritdoc cref="UseMimGrains(ISiloBuilder, MimGrainsOptions)"/>
    public static ISiloBuilder UseMimGrains(this ISiloBuilder builder, IConfiguration section) =>
        builder.UseMimGrains(MimGrainsConfiguration.Bind(section));

    private static void UsePersistentTables(ISiloBuilder builder, MimGrainsOptions options)
    {
        builder.AddRdbmsGrainStorage(FragmentStorageExtensions.ProviderName, options.Rdbms!);
        builder.Services.Configure<BackupSettings>(backups => backups.DataDirectory = options.Node.DataDirectory);
        builder.Services.AddFragmentStorage();
        builder.UsePersistentTables();
        builder.Services.Configure<MnesiaOptions>(mnesia =>
        {
            foreach (var (name, table) in options.InternalDatabases?.Mnesia?.Tables ?? new Dictionary<string, MnesiaTableOptions>())
            {
                mnesia.Tables[name] = table;
            }
        });
    }

    private static void UseDeathRules(ISiloBuilder builder, NodeOptions node)
    {
        builder.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = ProbeTimeout;
            membership.MaxProbeTimeout = ProbeTimeout;
            membership.NumMissedProbesLimit = MissedProbes;
            membership.TableRefreshTimeout = TableRefreshPeriod;
        });
        builder.Services.Configure<CrashDetectionOptions>(
            detection => detection.IsEnabled = node.CrashDetection == CrashDetection.On);
        builder.Services.AddSingleton<SiloFailure>();
        builder.Services.AddSingleton<IFatalErrorHandler>(services => services.GetRequiredService<SiloFailure>());
    }

    private static void UseEndpoints(ISiloBuilder builder, NodeOptions node)
    {
        var address = IPAddress.Parse(node.Address);
        builder.Configure<SiloOptions>(silo => silo.SiloName = node.EffectiveName);
        builder.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = address;
            endpoints.SiloPort = node.SiloPort;
            endpoints.GatewayPort = node.GatewayPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(address, node.SiloPort);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(address, node.GatewayPort);
        });
    }
}
