using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MimGrains.Clustering.NodeList;

/// <summary>A caller that has proved to hold the secret.</summary>
internal sealed class Session(string caller, MessageKeys keys)
{
    private readonly ReplayWindow _window = new();

    public string Caller { get; } = caller;

    public MessageKeys Keys { get; } = keys;

    /// <summary>Returns whether a message has this number for the first time. Ask only once its tag is known to be right.</summary>
    public bool Pass(ulong number)
    {
        lock (_window)
        {
            return _window.Pass(number);
        }
    }
}

/// <summary>The sessions and the unfinished handshakes of a callee, both limited in number. Thread-safe.</summary>
internal sealed class SessionTable(TimeProvider time)
{
    /// <summary>Most sessions; the oldest one makes room, and its caller begins a new one.</summary>
    public const int SessionsMax = 1_024;

    /// <summary>Most unfinished handshakes.</summary>
    public const int HandshakesMax = 256;

    /// <summary>Most unfinished handshakes of one address: strangers at one address cannot keep out the others.</summary>
    public const int HandshakesOfAddressMax = 32;

    /// <summary>How long a caller may take for its proof.</summary>
    public static readonly TimeSpan HandshakeLifetime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Session> _sessions = [];
    private readonly Queue<UInt128> _sessionsByAge = new();
    private readonly Dictionary<UInt128, Pending> _handshakes = [];

    /// <summary>Keeps a handshake until its proof comes; null when there are too many.</summary>
    public byte[]? Begin(string caller, string address, Handshake handshake)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var (old, pending) in _handshakes)
            {
                if (time.GetElapsedTime(pending.Since, now) > HandshakeLifetime)
                {
                    _handshakes.Remove(old);
                }
            }

            if (_handshakes.Count >= HandshakesMax
                || _handshakes.Values.Count(pending => pending.Address == address) >= HandshakesOfAddressMax)
            {
                return null;
            }

            var id = RandomNumberGenerator.GetBytes(DiscoveryProtocol.IdBytes);
            _handshakes.Add(Key(id), new Pending(caller, address, handshake, now));
            return id;
        }
    }

    /// <summary>Takes out a handshake: a second proof for it finds nothing.</summary>
    public bool TryTake(ReadOnlySpan<byte> id, [NotNullWhen(true)] out string? caller, [NotNullWhen(true)] out Handshake? handshake)
    {
        lock (_lock)
        {
            var isThere = _handshakes.Remove(Key(id), out var pending)
                && time.GetElapsedTime(pending.Since) <= HandshakeLifetime;
            (caller, handshake) = isThere ? (pending!.Caller, pending.Handshake) : (null, null);
            return isThere;
        }
    }

    /// <summary>Begins a session and returns its id.</summary>
    public byte[] Add(Session session)
    {
        var id = RandomNumberGenerator.GetBytes(DiscoveryProtocol.IdBytes);
        lock (_lock)
        {
            if (_sessions.Count == SessionsMax)
            {
                _sessions.Remove(_sessionsByAge.Dequeue());
            }

            _sessions.Add(Key(id), session);
            _sessionsByAge.Enqueue(Key(id));
        }

        return id;
    }

    /// <summary>Returns a session, or null when it is not known, or not any more.</summary>
    public Session? Find(ReadOnlySpan<byte> id)
    {
        lock (_lock)
        {
            return _sessions.GetValueOrDefault(Key(id));
        }
    }

    private static UInt128 Key(ReadOnlySpan<byte> id) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(id);

    private sealed record Pending(string Caller, string Address, Handshake Handshake, long Since);
}
