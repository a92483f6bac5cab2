using System.Net;
using System.Net.Sockets;

namespace MimGrains.ProcessSupport;

/// <summary>Finds loopback ports that nobody listens on.</summary>
/// <remarks>
/// They are taken below the range of outgoing connections (Linux: from 32,768), so that between the choice and the
/// start of the silo no connection of somebody else can get one. A port is given out once in a process. Any thread.
/// </remarks>
public static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 32_000;
    private const int MaxTries = 2_000;
    private static readonly HashSet<int> Given = [];

    /// <summary>Returns <paramref name="count"/> different free ports, in no order.</summary>
    /// <exception cref="InvalidOperationException">Too few are free.</exception>
    public static int[] Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var ports = new int[count];
        lock (Given)
        {
            for (var i = 0; i < count; i++)
            {
                ports[i] = TakeOne_NeedsLock();
            }
        }

        return ports;
    }

    private static int TakeOne_NeedsLock()
    {
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var port = Random.Shared.Next(First, Last);
            if (!Given.Contains(port) && IsFree(port))
            {
                Given.Add(port);
                return port;
            }
        }

        throw new InvalidOperationException($"No free port from {First} to {Last} in {MaxTries} tries.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
