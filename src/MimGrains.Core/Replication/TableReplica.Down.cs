using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

// dead -> refuse its writes -> ask every survivor for what it retained of the dead one -> apply it -> tell that it is levelled
// -> once all survivors have told so, forget what was retained.
public abstract partial class TableReplica
{
    /// <summary>
    /// An incarnation is declared dead: nothing of it is accepted any more, and no write waits for it. If it is this one, no
    /// write of it is done any more.
    /// </summary>
    /// <returns>Whether that was not known before.</returns>
    /// <remarks>
    /// Deaths have one order, that of the membership: whoever knows of one knows of all before it. Of those that are learnt
    /// at once this replica's own comes first (<see cref="NoteDeaths"/>).
    /// </remarks>
    public bool OnDead(ReplicaId id)
    {
        if (id == Self)
        {
            return Depose();
        }

        if (IsDead(id))
        {
            return false;
        }

        var inbound = InboundOf(id);
        if (_merge == MergeState.Merging && id == _giver)
        {
            // Whoever goes first after this death must be able to rely on it: this dump does not make a replica ready any more.
            _merge = MergeState.Requested;
        }

        inbound.IsDead = true;
        _deadIds = [.. _inbounds.Values.Where(dead => dead.IsDead).Select(dead => dead.Id)];
        _levelledIds = null;
        inbound.Levelling = new Levelling(inbound.Applied);
        IsSweepDue = true;
        RemovePeer(id);
        _decisions.Forget(id);
        MarkOwnerDead(inbound);
        foreach (var other in _inbounds.Values)
        {
            // What the one that died now knew of the others' last writes may have reached only some survivors.
            // Who answered before it knew of this death could still learn from the one that died now.
            other.Levelling?.Answered.Clear();
        }

        SettleLevelling();
        Complete();
        return true;
    }

    /// <summary>
    /// Returns whether an incarnation was declared dead, by <see cref="OnDead"/> or in a message of another replica, since the
    /// last <see cref="BeginSweep"/>.
    /// </summary>
    public bool IsSweepDue { get; private protected set; }

    /// <summary>Begins to remove the records that belong to dead owners; null if the table keeps them.</summary>
    public abstract OwnerSweep? BeginSweep();

    /// <summary>
    /// Returns which survivor must still be asked for which dead incarnation's writes, and from which write on. A replica that
    /// joins asks when it is ready.
    /// </summary>
    public IReadOnlyList<(ReplicaId Survivor, ReplicaId Dead, long After)> LevelRequests()
    {
        List<(ReplicaId, ReplicaId, long)> requests = [];
        if (!IsReady)
        {
            return requests;
        }

        foreach (var dead in _inbounds.Values)
        {
            if (dead.Levelling is not { IsDone: false } levelling)
            {
                continue;
            }

            foreach (var peer in _peerIds)
            {
                if (!levelling.Answered.Contains(peer))
                {
                    requests.Add((peer, dead.Id, levelling.Base));
                }
            }
        }

        return requests;
    }

    /// <summary>A survivor asks for the writes of a dead incarnation: returns those that are retained here.</summary>
    /// <param name="dead">Declared dead by the asking replica, and so by this one.</param>
    /// <param name="after">The asking replica has all writes up to this one.</param>
    public LevelReply Level(ReplicaId dead, long after)
    {
        if (_hasLeft)
        {
            // What it told one survivor now, it could not tell the others.
            return new LevelReply([], []);
        }

        OnDead(dead);
        return new LevelReply([.. InboundOf(dead).Retained.Where(batch => batch.LastSequence > after)], _deadIds);
    }

    /// <summary>A survivor has answered what it retained of a dead incarnation.</summary>
    public void OnLevelReply(ReplicaId survivor, ReplicaId dead, LevelReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var inbound = InboundOf(dead);
        if (!IsReady || inbound.Levelling is not { IsDone: false } levelling || !_peers.ContainsKey(survivor))
        {
            return;
        }

        foreach (var batch in reply.Retained)
        {
            // Applied also with a gap before it: no survivor has what is missing, so that it is missing everywhere. But not
            // what was applied before: the tombstones of what was deleted since may be gone.
            ApplyBatch(batch, inbound.Number, WritesToApply.Plain(after: levelling.Base));
            Clock.Observe(batch.ClockMicros);
            inbound.Applied = Math.Max(inbound.Applied, batch.LastSequence);
            inbound.Retain(batch);
        }

        ApplyDecided(inbound);

        // A survivor that does not know of all the dead yet may still learn from them: it is asked again.
        NoteDeaths(reply.Dead);
        if (_inbounds.Values.All(other => !other.IsDead || reply.Dead.Contains(other.Id)))
        {
            levelling.Answered.Add(survivor);
        }

        SettleLevelling();
    }

    /// <summary>How many dead incarnations are not levelled by all survivors, as far as this one knows.</summary>
    internal int LevellingCount => _inbounds.Values.Count(inbound => inbound.Levelling is not null);

    /// <summary>How many batches are kept to level with.</summary>
    internal int RetainedCount => _inbounds.Values.Sum(inbound => inbound.Retained.Count);

    /// <summary>As <see cref="OnDead"/> for each, in an order that is safe.</summary>
    public void NoteDeaths(IReadOnlyList<ReplicaId> dead)
    {
        ArgumentNullException.ThrowIfNull(dead);
        if (dead.Contains(Self))
        {
            // Before the others are: else what they refuse would seem to be done.
            Depose();
        }

        foreach (var id in dead)
        {
            OnDead(id);
        }
    }

    private void ApplyDecided(Inbound dead)
    {
        var levelling = dead.Levelling!;
        var through = dead.ReachFrom(levelling.DecidedThrough);
        foreach (var batch in dead.Retained.Where(batch => batch.LastSequence > levelling.DecidedThrough && batch.FirstSequence <= through))
        {
            ApplyBatch(batch, dead.Number, WritesToApply.Decided(levelling.DecidedThrough, through));
        }

        levelling.DecidedThrough = through;
    }

    private protected abstract void MarkOwnerDead(Inbound dead);

    private void RemovePeer(ReplicaId id)
    {
        if (_peers.Remove(id))
        {
            _peerIds = [.. _peers.Keys];
        }
    }

    private IReadOnlyList<ReplicaId> LevelledHere() => _levelledIds ??= [.. _inbounds.Values
        .Where(inbound => inbound.IsDead && inbound.Levelling is null or { IsDone: true }).Select(inbound => inbound.Id)];

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

            var wasDone = levelling.IsDone;
            levelling.IsDone = wasDone || (IsReady && _peerIds.All(levelling.Answered.Contains));
            if (levelling.IsDone && _peers.Values.All(peer => peer.Levelled.Contains(dead.Id)))
            {
                dead.Levelling = null;
                dead.Retained.Clear();
            }

            if (levelling.IsDone && !wasDone)
            {
                _levelledIds = null;
            }
        }
    }
}
