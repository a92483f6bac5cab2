using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace MimGrains.Clustering.NodeList;

/// <summary>Limits the connections of one address: a stranger who opens many keeps nobody else out.</summary>
internal sealed class ConnectionsByAddress(int connectionsMax)
{
    private readonly ConcurrentDictionary<IPAddress, int> _counts = new();

    /// <summary>Serves a connection, or drops it when its address has too many.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        var count = _counts.AddOrUpdate(address, 1, (_, known) => known + 1);
        try
        {
            if (count > connectionsMax)
            {
                connection.Abort();
                return;
            }

            await next(connection);
        }
        finally
        {
            if (_counts.AddOrUpdate(address, 0, (_, known) => known - 1) == 0)
            {
                // Only if it is still 0: another connection may have come meanwhile.
                _counts.TryRemove(new KeyValuePair<IPAddress, int>(address, 0));
            }
        }
    }
}
