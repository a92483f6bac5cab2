using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Grpc.AspNetCore.Server.Model;

namespace MimGrains.Clustering.NodeList;

/// <summary>Listens on the discovery port: Kestrel with HTTP/2, nothing but <see cref="DiscoveryService"/> on it, everything bounded.</summary>
internal sealed class DiscoveryServer : IAsyncDisposable
{
    private const int ConnectionsMax = 1_024;
    private const int ConnectionsOfAddressMax = 64;
    private const int CallsOfConnectionMax = 32;
    private const int HeadersMaxBytes = 8 * 1_024;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly DiscoveryService _service;

    private DiscoveryServer(WebApplication app, DiscoveryService service)
    {
        _app = app;
        _service = service;
    }

    /// <summary>Gets where it listens; the port is a real one when it was 0.</summary>
    public IPEndPoint Endpoint { get; private set; } = null!;

    /// <summary>Listens, and completes when callers can connect.</summary>
    /// <exception cref="IOException">The endpoint cannot be listened on.</exception>
    public static async Task<DiscoveryServer> StartAsync(
        IPEndPoint endpoint,
        DiscoveryTls? tls,
        DiscoveryService service,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());

        // gRPC and Kestrel tell of every caller that is refused; that is logged here, once a minute.
        builder.Logging.AddProvider(new PassedOnLogs(loggers)).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddRoutingCore().AddSingleton(service);
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = DiscoveryProtocol.MessageMaxBytes;
            options.MaxSendMessageSize = DiscoveryProtocol.MessageMaxBytes;
        });
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IServiceMethodProvider<DiscoveryService>, DiscoveryMethods>());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            SetLimits(kestrel.Limits);
            kestrel.AddServerHeader = false;
            kestrel.Listen(endpoint, listen => Configure(listen, tls, service));
        });
        if (tls is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<DiscoveryService>();
        var server = new DiscoveryServer(app, service);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception)
        {
            await server.DisposeAsync();
            throw;
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Endpoint = new IPEndPoint(endpoint.Address, new Uri(address).Port);
        return server;
    }

    /// <summary>Stops listening, once what is being answered is answered.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _service.Dispose();
    }

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = ConnectionsMax;
        limits.MaxRequestBodySize = 2 * DiscoveryProtocol.MessageMaxBytes;
        limits.MaxRequestHeadersTotalSize = HeadersMaxBytes;
        limits.RequestHeadersTimeout = Silence;
        limits.Http2.MaxStreamsPerConnection = CallsOfConnectionMax;
        limits.Http2.HeaderTableSize = 0;
        limits.Http2.MaxRequestHeaderFieldSize = HeadersMaxBytes;
        limits.Http2.KeepAlivePingDelay = Silence;
        limits.Http2.KeepAlivePingTimeout = Silence;
    }

    private static void Configure(ListenOptions listen, DiscoveryTls? tls, DiscoveryService service)
    {
        listen.Protocols = HttpProtocols.Http2;
        var connections = new ConnectionsByAddress(ConnectionsOfAddressMax);
        listen.Use(next => connection => connections.RunAsync(connection, next));
        if (tls is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = Silence,
                OnConnection = context => ValueTask.FromResult(tls.ForServer(() => service.LogRefusal(
                    (context.Connection.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? DiscoveryService.NoAddress,
                    "it shows no certificate of the authority of this cluster"))),
            });
        }
    }

    private sealed class PassedOnLogs(ILoggerFactory loggers) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => loggers.CreateLogger(categoryName);

        // The loggers are somebody else's.
        public void Dispose()
        {
        }
    }
}
