using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests;

/// <summary>What a stranger on the wire can try: to repeat, to change, to flood, to pose as a node.</summary>
public sealed class DiscoveryAttackTests : IAsyncLifetime
{
    private static readonly SharedSecret Secret = new(Discovery.Secret, "blue", iterations: 10);

    private Discovery _node = null!;
    private GrpcChannel _channel = null!;
    private int _handled;

    public async Task InitializeAsync()
    {
        _node = await Discovery.StartAsync("b@h2", handler: (request, _) =>
        {
            Interlocked.Increment(ref _handled);
            return ValueTask.FromResult(request.ToArray());
        });
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{_node.Listed.DiscoveryPort}");
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_proof_counts_once()
    {
        var (_, proof) = await ChallengeAsync();
        await InvokeAsync(DiscoveryProtocol.Prove, proof);

        Assert.Equal(Refusal.UnknownSession, await RefusedAsync(DiscoveryProtocol.Prove, proof));
    }

    [Fact]
    public async Task A_proof_for_one_handshake_does_not_count_for_another()
    {
        var (_, recorded) = await ChallengeAsync();
        await InvokeAsync(DiscoveryProtocol.Prove, recorded);

        var (_, fresh) = await ChallengeAsync();
        byte[] replayed = [.. fresh.AsSpan(0, DiscoveryProtocol.IdBytes), .. recorded.AsSpan(DiscoveryProtocol.IdBytes)];

        Assert.Equal(Refusal.WrongSecret, await RefusedAsync(DiscoveryProtocol.Prove, replayed));
    }

    [Fact]
    public async Task A_request_counts_once()
    {
        var request = await RequestAsync(1, "hi"u8.ToArray());
        await InvokeAsync(DiscoveryProtocol.Call, request);

        Assert.Equal(Refusal.BadMessage, await RefusedAsync(DiscoveryProtocol.Call, request));
        Assert.Equal(1, _handled);
        Assert.Contains("came a second time", Assert.Single(_node.Log.Take(ClusteringEventId.CallerRefused)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_was_changed_does_not_count()
    {
        var request = await RequestAsync(1, "hi"u8.ToArray());
        for (var place = DiscoveryProtocol.IdBytes; place < request.Length; place++)
        {
            var changed = (byte[])request.Clone();
            changed[place] ^= 0x40;
            Assert.Equal(Refusal.BadMessage, await RefusedAsync(DiscoveryProtocol.Call, changed));
        }

        Assert.Equal(0, _handled);
        await InvokeAsync(DiscoveryProtocol.Call, request);
        Assert.Equal(1, _handled);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(55)]
    [InlineData(3_000)]
    public async Task Bytes_without_meaning_are_refused(int length)
    {
        var bytes = new byte[length];

        Assert.NotEqual(Refusal.None, await RefusedAsync(DiscoveryProtocol.Hello, bytes));
        Assert.NotEqual(Refusal.None, await RefusedAsync(DiscoveryProtocol.Prove, bytes));
        Assert.NotEqual(Refusal.None, await RefusedAsync(DiscoveryProtocol.Call, bytes));
        Assert.Single(_node.Log.Take(ClusteringEventId.CallerRefused));
    }

    [Fact]
    public async Task A_flood_of_handshakes_is_cut_off()
    {
        var refusals = new List<Refusal>();
        for (var i = 0; i < 2 * DiscoveryService.HandshakesBurst; i++)
        {
            refusals.Add(await OutcomeAsync(DiscoveryProtocol.Hello, Bytes(NewHello())));
        }

        Assert.InRange(refusals.Count(refusal => refusal == Refusal.None), 1, SessionTable.HandshakesOfAddressMax);
        Assert.All(refusals.Skip(DiscoveryService.HandshakesBurst), refusal => Assert.Equal(Refusal.Busy, refusal));
        Assert.Single(_node.Log.Take(ClusteringEventId.CallerRefused));
    }

    [Fact]
    public void An_unfinished_handshake_is_forgotten()
    {
        var time = new SteppedTime();
        var sessions = new SessionTable(time);
        var handshake = new Handshake(Secret, NewHello(), Handshake.NewNonce());
        var late = sessions.Begin("a@h1", "10.0.0.1", handshake)!;
        for (var i = 1; i < SessionTable.HandshakesOfAddressMax; i++)
        {
            Assert.NotNull(sessions.Begin("a@h1", "10.0.0.1", handshake));
        }

        Assert.Null(sessions.Begin("a@h1", "10.0.0.1", handshake));
        Assert.NotNull(sessions.Begin("a@h1", "10.0.0.2", handshake));
        time.Advance(SessionTable.HandshakeLifetime + TimeSpan.FromMilliseconds(1));

        Assert.NotNull(sessions.Begin("a@h1", "10.0.0.1", handshake));
        Assert.False(sessions.TryTake(late, out _, out _));
    }

    [Fact]
    public async Task A_connection_that_sends_garbage_or_nothing_disturbs_nobody()
    {
        using var silent = new TcpClient("127.0.0.1", _node.Listed.DiscoveryPort);
        using var noisy = new TcpClient("127.0.0.1", _node.Listed.DiscoveryPort);
        await noisy.GetStream().WriteAsync(new byte[10_000]);
        await using var a = Discovery.Caller();

        Assert.Equal("hi", await a.CallAsync(_node, "hi"));
    }

    [Fact]
    public async Task Who_poses_as_a_node_without_the_secret_is_not_believed()
    {
        await using var impostor = await Impostor.StartAsync();
        await using var a = Discovery.Caller();

        Assert.Equal("wrong secret: it does not hold the secret", await a.FailAsync(impostor.Listed));
        Assert.Single(a.Log.Take(ClusteringEventId.RefusedByNode));
    }

    private static Hello NewHello() => new(Hello.CurrentVersion, "blue", "a@h1", "b@h2", Handshake.NewNonce());

    private static byte[] Bytes(Hello hello)
    {
        var writer = new WireWriter();
        hello.Write(writer);
        return writer.ToArray();
    }

    private async Task<(Handshake Handshake, byte[] Proof)> ChallengeAsync()
    {
        var hello = NewHello();
        var challenge = await InvokeAsync(DiscoveryProtocol.Hello, Bytes(hello));
        var handshake = new Handshake(Secret, hello, challenge.AsSpan(DiscoveryProtocol.IdBytes));
        return (handshake, [.. challenge.AsSpan(0, DiscoveryProtocol.IdBytes), .. handshake.CallerProof]);
    }

    private async Task<byte[]> RequestAsync(ulong number, byte[] body)
    {
        var (handshake, proof) = await ChallengeAsync();
        var session = (await InvokeAsync(DiscoveryProtocol.Prove, proof)).AsMemory(0, DiscoveryProtocol.IdBytes);
        var writer = new WireWriter();
        writer.WriteFixed(session.Span);
        writer.WriteUInt64(number);
        writer.WriteFixed(handshake.Keys().TagRequest(number, body));
        writer.WriteFixed(body);
        return writer.ToArray();
    }

    private async Task<byte[]> InvokeAsync(Method<byte[], byte[]> method, byte[] message)
    {
        using var call = _channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(deadline: DateTime.UtcNow.AddMinutes(1)), message);
        return await call.ResponseAsync;
    }

    private async Task<Refusal> RefusedAsync(Method<byte[], byte[]> method, byte[] message) =>
        CallFailure.RefusalOf(await Assert.ThrowsAsync<RpcException>(() => InvokeAsync(method, message)));

    private async Task<Refusal> OutcomeAsync(Method<byte[], byte[]> method, byte[] message)
    {
        try
        {
            await InvokeAsync(method, message);
            return Refusal.None;
        }
        catch (RpcException exception)
        {
            return CallFailure.RefusalOf(exception);
        }
    }
}
