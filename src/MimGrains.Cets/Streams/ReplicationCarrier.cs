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

    private ImmutableDictionary<ReplicaId, PeerLink> _links = ImmutableDictionary<ReplicaId, PeerLink>.Empty;
    private PeerLink[] _linkArray = [];

    /// <summary>The tables whose writes are carried.</summary>
    public IReadOnlyList<TableHost> Tables { get; private set; } = [];

    public ChannelReader<PeerLink> Wakes => _wakes.Reader;

    public void Attach(IReadOnlyList<TableHost> tables) => Tables = tables;

    public PeerLink? Find(ReplicaId id) => _links.GetValueOrDefault(id);

    /// <summary>Opens the link to another silo, if it is not open.</summary>
    public void Connect(ReplicaId id)
    {
        ImmutableInterlocked.GetOrAdd(ref _links, id, added => new PeerLink(added, options.Value.BatchMaxBytes));
        Volatile.Write(ref _linkArray, [.. _links.Values]);
        Signal();
    }

    /// <summary>Closes the link to a dead silo.</summary>
    public void Disconnect(ReplicaId id)
    {
        if (ImmutableInterlocked.TryRemove(ref _links, id, out var link))
        {
            link.Close();
            Volatile.Write(ref _linkArray, [.. _links.Values]);
        }
    }

    /// <summary>Something was written: idle streams are woken.</summary>
    public void Signal()
    {
        foreach (var link in Volatile.Read(ref _linkArray))
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
        foreach (var link in Volatile.Read(ref _linkArray))
        {
            link.RequestHeartbeat();
            _wakes.Writer.TryWrite(link);
        }
    }
}
