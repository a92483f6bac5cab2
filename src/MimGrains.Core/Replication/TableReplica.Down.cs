using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

// dead -> refuse its writes -> ask every survivor for what it retained of the dead one -> apply it -> tell that it is levelled
// -> once all survivors have told so, forget what was retained.
public abstract partial class TableReplica
{
    /// <summary>An incarnation is declared dead: nothing of it is accepted any more, and no write waits for it.</summary>
    /// <returns>Whether that was not known before.</returns>
    public bool OnDead(ReplicaId id)
    {
        var inbound = InboundOf(id);
        if (id == Self || inbound.IsDead)
        {
            return false;
        }

        AnyDead = true;
        inbound.IsDead = true;
        inbound.Levelling = new Levelling();
        _peers.Remove(id);
        MarkOwnerDead(inbound);
        foreach (var other in _inbounds.Values)
        {
            // What the one that died now knew of the others' last writes may have reached only some survivors.
            if (other.Levelling is { } levelling)
            {
                levelling.IsDone = false;
                levelling.Answered.Clear();
            }
        }

        SettleLevelling();
        Complete();
        return true;
    }

    /// <summary>Begins to remove the records that belong to dead owners; null if the table keeps them.</summary>
    public abstract OwnerSweep? BeginSweep();

    /// <summary>Returns which survivor must still be asked for which dead incarnation's writes, and from which write on.</summary>
    public IReadOnlyList<(ReplicaId Survivor, ReplicaId Dead, long After)> LevelRequests()
    {
        List<(ReplicaId, ReplicaId, long)> requests = [];
        foreach (var dead in _inbounds.Values)
        {
            if (dead.Levelling is not { IsDone: false } levelling)
            {
                continue;
            }

            foreach (var peer in _peers.Keys)
            {
                if (!levelling.Answered.Contains(peer))
                {
                    requests.Add((peer, dead.Id, dead.Stable));
                }
            }
        }

        return requests;
    }

    /// <summary>A survivor asks for the writes of a dead incarnation: returns those that are retained here.</summary>
    /// <param name="dead">Declared dead by the asking replica, and so by this one.</param>
    /// <param name="after">The asking replica has all writes up to this one.</param>
    public IReadOnlyList<OperationBatch> Level(ReplicaId dead, long after)
    {
        OnDead(dead);
        return [.. InboundOf(dead).Retained.Where(batch => batch.LastSequence > after)];
    }

    /// <summary>A survivor has answered what it retained of a dead incarnation.</summary>
    public void OnLevelReply(ReplicaId survivor, ReplicaId dead, IReadOnlyList<OperationBatch> retained)
    {
        ArgumentNullException.ThrowIfNull(retained);
        var inbound = InboundOf(dead);
        if (inbound.Levelling is not { } levelling || !_peers.ContainsKey(survivor))
        {
            return;
        }

        foreach (var batch in retained)
        {
            // Applied whole, also with a gap before it: no survivor has what is missing, so that it is missing everywhere.
            ApplyBatch(batch, inbound.Number, after: 0);
            Clock.Observe(batch.ClockMicros);
            inbound.Applied = Math.Max(inbound.Applied, batch.LastSequence);
            inbound.Retain(batch);
        }

        levelling.Answered.Add(survivor);
        SettleLevelling();
    }

    private protected abstract void MarkOwnerDead(Inbound dead);

    private IEnumerable<ReplicaId> UnlevelledDead() =>
        _inbounds.Values.Where(inbound => inbound.Levelling is not null).Select(inbound => inbound.Id);

    private List<ReplicaId> LevelledHere() =>
        [.. _inbounds.Values.Where(inbound => inbound.IsDead && inbound.Levelling is null or { IsDone: true }).Select(inbound => inbound.Id)];

    private void NoteLevelled(ReplicaId peer, IReadOnlyList<ReplicaId> levelled)
    {
        if (levelled.Count > 0 && _peers.TryGetValue(peer, out var state))
        {
            state.Levelled.UnionWith(levelled);
            SettleLevelling();
        }
    }

    private void SettleLevelling()
    {
        foreach (var dead in _inbounds.Values)
        {
            if (dead.Levelling is not { } levelling)
            {
                continue;
            }

            levelling.IsDone = IsReady && _peers.Keys.All(levelling.Answered.Contains);
            if (levelling.IsDone && _peers.Values.All(peer => peer.Levelled.Contains(dead.Id)))
            {
                dead.Levelling = null;
                dead.Retained.Clear();
            }
        }
    }
}
