using System.Threading.Channels;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Replicas;

/// <summary>Passes on which incarnations are dead, from whoever learns it first to whoever acts on it. Thread-safe.</summary>
/// <remarks>
/// Deaths have one order, that of the membership, and a replica must know of all before the one that it learns of. So they are
/// told as sets, each of all deaths that somebody knows of, and a set is taken as one: every set that is told holds all before
/// each in it, as the states of the membership do, and so do the unions of such sets, whatever ways they take.
/// </remarks>
internal sealed class DeathNotices
{
    private readonly Channel<IReadOnlyList<ReplicaId>> _notices = Channel.CreateUnbounded<IReadOnlyList<ReplicaId>>(
        new UnboundedChannelOptions { SingleReader = true });

    public ChannelReader<IReadOnlyList<ReplicaId>> Reader => _notices.Reader;

    /// <summary>All these are dead, and they are all that somebody knows of. May be told more than once.</summary>
    public void Announce(IReadOnlyList<ReplicaId> dead) => _notices.Writer.TryWrite(dead);
}
