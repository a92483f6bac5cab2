using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace MimGrains.Cets.Crashes;

/// <summary>
/// Answers the lines of other silos on the silo port, in front of Orleans, which gets every other connection untouched.
/// </summary>
/// <remarks>
/// A line is held until the other silo ends it, this silo stops, or membership says that the other silo is dead. That end is how
/// a process that was frozen learns of its death when it wakes.
/// </remarks>
internal sealed class WatchResponder(
    ILocalSiloDetails self,
    IOptions<ClusterOptions> cluster,
    IOptions<CrashDetectionOptions> options,
    IClusterMembershipService membership)
{
    private readonly string _clusterId = cluster.Value.ClusterId;

    public ConnectionDelegate Before(ConnectionDelegate next) =>
        options.Value.IsEnabled ? connection => ServeAsync(connection, next) : next;

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            var bytes = read.Buffer;
            if (!bytes.IsEmpty && !WatchLine.CanBegin(bytes))
            {
                // Looked at, not taken: Orleans reads it again.
                input.AdvanceTo(bytes.Start);
                await next(connection);
                return;
            }

            if (WatchLine.EndOf(bytes) is { } end)
            {
                var dialer = WatchLine.ReadHello(bytes.Slice(0, end), _clusterId);
                input.AdvanceTo(end);
                if (dialer is not null)
                {
                    await HoldAsync(connection.Transport, dialer);
                }

                return;
            }

            input.AdvanceTo(bytes.Start, bytes.End);
            if (read.IsCompleted || read.IsCanceled || bytes.Length > WatchLine.MaxBytes)
            {
                // Closed before it said what it is.
                return;
            }
        }
    }

    private async Task HoldAsync(IDuplexPipe transport, SiloAddress dialer)
    {
        var isDead = IsDead(membership.CurrentSnapshot, dialer);
        await transport.Output.WriteAsync(WatchLine.Answer(_clusterId, self.SiloAddress, isDead));
        using var ending = new CancellationTokenSource();
        var ended = DrainAsync(transport.Input);
        if (isDead)
        {
            // It ends the line itself when it has read that, unless it is frozen again.
            ending.CancelAfter(options.Value.DialTimeout);
        }

        var declared = WaitUntilDeadAsync(dialer, isDead, ending.Token);
        await Task.WhenAny(ended, declared);
        await ending.CancelAsync();
        transport.Input.CancelPendingRead();
        await Task.WhenAll(ended, declared);
    }

    private static bool IsDead(ClusterMembershipSnapshot snapshot, SiloAddress silo) =>
        snapshot.GetSiloStatus(silo) == SiloStatus.Dead;

    private static async Task DrainAsync(PipeReader input)
    {
        try
        {
            ReadResult read;
            do
            {
                read = await input.ReadAsync();
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted && !read.IsCanceled);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The process of the other silo ended, or this silo stops.
        }
    }

    private async Task WaitUntilDeadAsync(SiloAddress silo, bool isKnown, CancellationToken cancellationToken)
    {
        try
        {
            if (isKnown)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
            {
                if (IsDead(snapshot, silo))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The line has ended before.
        }
    }
}
