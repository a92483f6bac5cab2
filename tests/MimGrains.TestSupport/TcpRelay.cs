using System.Net;
using System.Net.Sockets;

namespace MimGrains.TestSupport;

/// <summary>A port on loopback that leads to another one while it is open. Closing it cuts what goes through.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly string _host;
    private readonly int _targetPort;
    private TcpListener? _listener;
    private CancellationTokenSource _closing = new();
    private Task _accepting = Task.CompletedTask;

    /// <summary>Takes a free port, and leaves it closed: connections to it are refused.</summary>
    public TcpRelay(string host, int targetPort)
    {
        (_host, _targetPort) = (host, targetPort);
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public int Port { get; }

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _closing = new CancellationTokenSource();
        _accepting = AcceptAsync(_listener, _closing.Token);
    }

    /// <summary>Refuses new connections, and completes when those that there are are cut.</summary>
    public async Task CloseAsync()
    {
        await _closing.CancelAsync();
        _listener?.Stop();
        await _accepting;
        _closing.Dispose();
        _closing = new CancellationTokenSource();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _closing.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken closing)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(RelayAsync(await listener.AcceptTcpClientAsync(closing), closing));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient client, CancellationToken closing)
    {
        using var near = client;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(_host, _targetPort, closing);
            await Task.WhenAny(
                near.GetStream().CopyToAsync(far.GetStream(), closing),
                far.GetStream().CopyToAsync(near.GetStream(), closing));
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // Either end has gone: so does the other.
        }
    }
}
