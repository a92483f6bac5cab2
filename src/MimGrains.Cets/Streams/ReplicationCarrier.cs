using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Streams;

/// <summary>Knows the links to the other silos, and wakes their streams when there is something to deliver. Thread-safe.</summary>
internal sealed class ReplicationCarrier(IOptions<ReplicationOptions> options)
{
    // One wake per link is enough: a wake that finds no room repeats one that is still there.
    private const int MaxWakes = 4_096;

    private readonly Channel<PeerLink> _wakes = Channel.CreateBounded<PeerLink>(
        new BoundedChannelOptions(MaxWakes) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    // Both hold the same links, and change together under the lock; they are read without it.
    private readonly Lock _changing = new();
    private volatile ImmutableDictionary<ReplicaId, PeerLink> _links = ImmutableDictionary<ReplicaId, PeerLink>.Empty;
    private volatile PeerLink[] _linkArray = [];

    /// <summary>The tables whose writes are carried.</summary>
    public IReadOnlyList<TableHost> Tables { get; private set; } = [];

    /// <summary>Told how many writes, and how many bytes of them, go with a delivery. Set before the first link is opened.</summary>
    public Action<int, long>? OnTaken { get; set; }

    /// <summary>The silos that there are links to.</summary>
    public IEnumerable<ReplicaId> Links => _linkArray.Select(link => link.Id);

    public ChannelReader<PeerLink> Wakes => _wakes.Reader;

    public void Attach(IReadOnlyList<TableHost> tables) => Tables = tables;

    public PeerLink? Find(ReplicaId id) => _links.GetValueOrDefault(id);

    /// <summary>Opens the link to another silo, if it is not open.</summary>
    public void Connect(ReplicaId id)
    {
        lock (_changing)
        {
            if (!_links.ContainsKey(id))
            {
                Change_NeedsLock(_links.Add(id, new PeerLink(id, options.Value.BatchMaxBytes, OnTaken)));
            }
        }

        Signal();
    }

    /// <summary>Closes the link to a dead silo.</summary>
    public void Disconnect(ReplicaId id)
    {
        lock (_changing)
        {
            if (_links.TryGetValue(id, out var link))
            {
                link.Close();
                Change_NeedsLock(_links.Remove(id));
            }
        }
    }

    /// <summary>Something was written: idle streams are woken.</summary>
    public void Signal()
    {
        foreach (var link in _linkArray)
        {
            if (link.TryWake())
            {
                _wakes.Writer.TryWrite(link);
            }
        }
    }

    /// <summary>Tells every silo the clock, and wakes also streams that should be awake: one whose subscription failed is not.</summary>
    public void Heartbeat()
    {
        foreach (var link in _linkArray)
        {
            link.RequestHeartbeat();
            _wakes.Writer.TryWrite(link);
        }
    }

    private void Change_NeedsLock(ImmutableDictionary<ReplicaId, PeerLink> links)
    {
        _links = links;
        _linkArray = [.. links.Values];
    }
}
