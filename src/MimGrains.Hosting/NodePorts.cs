using System.Net;
using System.Net.Sockets;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>Chooses ports where the configuration leaves that open, and finds out early that one is taken.</summary>
internal static class NodePorts
{
    /// <summary>Replaces 0 by a free port, and checks that the silo's ports can be listened on.</summary>
    /// <exception cref="PortUnavailableException">A port is in use, or the address is not one of this machine.</exception>
    public static void Settle(NodeOptions node, DiscoveryBackend discovery)
    {
        var address = IPAddress.Parse(node.Address);

        // All are held until the last is chosen: the same free port must not be given out twice.
        var held = new List<TcpListener>();
        try
        {
            node.SiloPort = Settle(address, node.SiloPort, "node.silo_port", held);
            node.GatewayPort = Settle(address, node.GatewayPort, "node.gateway_port", held);
            if (discovery == DiscoveryBackend.File)
            {
                node.DiscoveryPort = Settle(address, node.DiscoveryPort, "node.discovery_port", held);
            }

            if (node.HealthPort is { } healthPort)
            {
                node.HealthPort = Settle(address, healthPort, "node.health_port", held);
            }
        }
        finally
        {
            held.ForEach(listener => listener.Dispose());
        }
    }

    private static int Settle(IPAddress address, int port, string option, List<TcpListener> held)
    {
        // A port of which only closed connections are left can be listened on, as the silo and Kestrel do. Not exclusive: on
        // Linux that would refuse such a port, and a port that somebody listens on is refused anyway.
        var listener = new TcpListener(address, port);
        held.Add(listener);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException exception)
        {
            throw new PortUnavailableException(option, new IPEndPoint(address, port), exception);
        }
    }
}

/// <summary>This process cannot listen on an address that it is configured with.</summary>
public sealed class PortUnavailableException : Exception
{
    internal PortUnavailableException(string option, IPEndPoint endpoint, SocketException inner)
        : base(
            $"{option} = {endpoint.Port}: cannot listen on {endpoint} ({inner.Message}). " +
            (inner.SocketErrorCode == SocketError.AddressNotAvailable
                ? "node.address is not an address of this machine."
                : "Stop what uses the port, or choose another one."),
            inner)
    {
        Option = option;
        Endpoint = endpoint;
    }

    /// <summary>Returns the option that names the port.</summary>
    public string Option { get; }

    /// <summary>Returns where it was tried to listen.</summary>
    public IPEndPoint Endpoint { get; }
}
