using System.Buffers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace MimGrains.Cets.Crashes;

/// <summary>What became of a dial.</summary>
internal enum DialOutcome
{
    /// <summary>The incarnation answered itself; the line to it is open.</summary>
    Answered = 0,

    /// <summary>As <see cref="Answered"/>, but it holds the silo that dials for dead, and there is no line.</summary>
    HoldsUsForDead = 1,

    /// <summary>The host refused the connection: nobody listens at the endpoint.</summary>
    Refused = 2,

    /// <summary>A later incarnation answered at the same endpoint.</summary>
    Restarted = 3,

    /// <summary>No answer, or not one that proves anything.</summary>
    Unanswered = 4,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Line">The open line, of whoever dialled now.</param>
/// <param name="Detail">For messages.</param>
internal readonly record struct Dialled(DialOutcome Outcome, Socket? Line, string Detail);

/// <summary>Dials the silo port of other silos, and finds out which incarnation is there.</summary>
internal sealed class SiloDialer(
    ILocalSiloDetails self, IOptions<ClusterOptions> cluster, IOptions<CrashDetectionOptions> options, TimeProvider time)
{
    // A process that is just ending may still accept a connection, only to drop it.
    private const int MaxDrops = 3;
    private static readonly TimeSpan DropPause = TimeSpan.FromMilliseconds(10);

    // A host that went away silently is noticed after about this long, and dialled again from then on.
    private const int KeepAliveSeconds = 5;
    private const int KeepAliveProbes = 3;

    private readonly string _clusterId = cluster.Value.ClusterId;

    public async Task<Dialled> DialAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.DialTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            for (var drops = 0; ; drops++)
            {
                if (await TryDialAsync(silo, drops < MaxDrops, limit.Token) is { } dialled)
                {
                    return dialled;
                }

                await Task.Delay(DropPause, time, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered($"no answer within {options.Value.DialTimeout.TotalMilliseconds:0} ms");
        }
    }

    // Null: accepted and dropped.
    private async Task<Dialled?> TryDialAsync(SiloAddress silo, bool mayDrop, CancellationToken cancellationToken)
    {
        var endpoint = silo.Endpoint;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        var isKept = false;
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            if (socket.LocalEndPoint!.Equals(socket.RemoteEndPoint))
            {
                // Both ends met in one socket, since nobody listens there.
                return new Dialled(DialOutcome.Refused, null, $"{endpoint} refused the connection");
            }

            var dialled = await AskAsync(socket, silo, cancellationToken);
            isKept = dialled?.Line is not null;
            return dialled ?? (mayDrop ? null : Unanswered($"{endpoint} dropped the connection"));
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => new Dialled(DialOutcome.Refused, null, $"{endpoint} refused the connection"),
                SocketError.ConnectionReset when mayDrop => null,
                _ => Unanswered($"{endpoint}: {exception.Message}"),
            };
        }
        finally
        {
            if (!isKept)
            {
                socket.Dispose();
            }
        }
    }

    private async Task<Dialled?> AskAsync(Socket socket, SiloAddress silo, CancellationToken cancellationToken)
    {
        await socket.SendAsync(WatchLine.Hello(_clusterId, self.SiloAddress), cancellationToken);
        var buffer = new byte[WatchLine.MaxBytes];
        var length = 0;
        while (length < buffer.Length)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            length += read;
            var text = new ReadOnlySequence<byte>(buffer, 0, length);
            if (read == 0)
            {
                return null;
            }

            if (WatchLine.EndOf(text) is not null)
            {
                return Judge(socket, silo, WatchLine.ReadAnswer(text, _clusterId));
            }
        }

        return Unanswered($"{silo.Endpoint} answered in another language");
    }

    private static Dialled Judge(Socket socket, SiloAddress silo, (SiloAddress Silo, bool IsDialerDead)? answer)
    {
        if (answer is not { } said || !said.Silo.Endpoint.Equals(silo.Endpoint) || said.Silo.Generation < silo.Generation)
        {
            return Unanswered($"{silo.Endpoint} answered as {(answer is null ? "somebody else" : answer.Value.Silo.ToParsableString())}");
        }

        if (said.Silo.Generation > silo.Generation)
        {
            return new Dialled(DialOutcome.Restarted, null, $"{said.Silo.ToParsableString()} answered at its endpoint");
        }

        if (said.IsDialerDead)
        {
            return new Dialled(DialOutcome.HoldsUsForDead, null, "it holds this silo for dead");
        }

        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
        return new Dialled(DialOutcome.Answered, socket, "it answered");
    }

    private static Dialled Unanswered(string detail) => new(DialOutcome.Unanswered, null, detail);
}
