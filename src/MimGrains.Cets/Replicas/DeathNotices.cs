using System.Threading.Channels;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Replicas;

/// <summary>Passes on which incarnations are dead, from whoever learns it first to whoever acts on it. Thread-safe.</summary>
internal sealed class DeathNotices
{
    private readonly Channel<ReplicaId> _notices = Channel.CreateUnbounded<ReplicaId>(
        new UnboundedChannelOptions { SingleReader = true });

    public ChannelReader<ReplicaId> Reader => _notices.Reader;

    /// <summary>An incarnation is dead. May be told more than once.</summary>
    public void Announce(ReplicaId id) => _notices.Writer.TryWrite(id);
}
