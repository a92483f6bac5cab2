using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MimGrains.Clustering.NodeList;

/// <summary>Finds the addresses of hosts: asked when needed, kept for a while, and kept longer while the name server is away.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class HostResolver(TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? lookup = null)
{
    /// <summary>How long an answer counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (IPAddress[] Addresses, long Since)> _answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _lookup =
        lookup ?? ((host, token) => Dns.GetHostAddressesAsync(host, token));

    /// <summary>Returns the addresses of a host, at least one.</summary>
    /// <exception cref="SocketException">The host is not known, and never was.</exception>
    public async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        var isKnown = _answers.TryGetValue(host, out var known);
        if (isKnown && time.GetElapsedTime(known.Since) < Lifetime)
        {
            return known.Addresses;
        }

        try
        {
            var found = await _lookup(host, cancellationToken);
            if (found.Length > 0)
            {
                _answers[host] = (found, time.GetTimestamp());
                return found;
            }
        }
        catch (SocketException) when (isKnown)
        {
            // The host may well be where it was: what matters is whether it can be reached.
        }

        return isKnown ? known.Addresses : throw new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>Asks again the next time: nobody was there. The old answer stays, for the case that there is no new one.</summary>
    public void Doubt(string host)
    {
        if (_answers.TryGetValue(host, out var known))
        {
            var old = time.GetTimestamp() - (long)(Lifetime.TotalSeconds * time.TimestampFrequency);
            _answers.TryUpdate(host, (known.Addresses, old), known);
        }
    }
}
