using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests;

/// <summary>Listens at the place of node b@h2 and accepts every proof, with random bytes as its own.</summary>
internal sealed class Impostor : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Impostor(WebApplication app) => _app = app;

    public ListedNode Listed => new(
        new NodeName("b@h2"), "127.0.0.1", 1, 2,
        new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port);

    public static async Task<Impostor> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        return new Impostor(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // A gRPC message: not compressed, its length in four bytes, then an id and 32 bytes, as both answers of a handshake have.
    private static async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        byte[] message = [0, 0, 0, 0, 48, .. RandomNumberGenerator.GetBytes(48)];
        await context.Response.Body.WriteAsync(message);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
