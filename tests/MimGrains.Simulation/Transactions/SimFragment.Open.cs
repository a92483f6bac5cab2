using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

internal sealed partial class SimFragment
{
    private const int InDoubtMs = 60;
    private const int LeaseMs = 150;

    private readonly HashSet<long> _gone = [];
    private FragmentOwners? _asked;

    /// <summary>What an activation does now and then.</summary>
    public void Keep()
    {
        if (_engine is not { IsServing: true } engine)
        {
            return;
        }

        engine.Expire(cluster.NowMs - LeaseMs);
        foreach (var (attempt, decider, sinceMs) in engine.InDoubt())
        {
            if (!silo.Knows(attempt.Coordinator) && cluster.NowMs - sinceMs <= InDoubtMs)
            {
                continue;
            }

            if (cluster.Fault == TransactionFault.InDoubtIsAborted)
            {
                engine.Resolve(0, attempt, isCommitted: false);
                continue;
            }

            AskDecider(attempt, decider);
        }

        foreach (var (attempt, participants) in engine.Unresolved())
        {
            foreach (var participant in silo.Knows(attempt.Coordinator) || cluster.Random.Chance(10) ? participants : [])
            {
                Tell(attempt, participant);
            }
        }

        Drain();
        if (engine.IsServing && cluster.Random.Chance(15))
        {
            Compact(engine);
        }
    }

    private void AskDecider(TransactionId attempt, FragmentId decider) =>
        silo.Call(
            CallOf(decider, PlannedCallKind.AskOutcome, attempt),
            reply =>
            {
                if (_engine is { IsServing: true } engine
                    && reply.Kind is AnswerKind.Committed or AnswerKind.Aborted or AnswerKind.Forgotten)
                {
                    engine.Resolve(0, attempt, reply.Kind == AnswerKind.Committed);
                    Drain();
                }
            },
            () => { });

    private void Tell(TransactionId attempt, FragmentId participant) =>
        silo.Call(
            CallOf(participant, PlannedCallKind.Resolve, attempt) with { IsCommitted = true },
            reply =>
            {
                if (reply.Kind == AnswerKind.Resolved)
                {
                    _engine?.Acknowledge(attempt, participant);
                }
            },
            () => { });

    private static PlannedCall CallOf(FragmentId to, PlannedCallKind kind, TransactionId attempt) =>
        new(to, kind, attempt, new TransactionAge(0, attempt), 0, false, false);

    private void Compact(FragmentEngine engine)
    {
        var carried = cluster.Fault == TransactionFault.CompactionKeepsRecordsOnly ? [] : engine.CarriedEntries();
        cluster.LogOf(id).Compact(engine.LastNumber, _records, LogRowCodec.Encode(id, engine.LastNumber, carried));
    }

    private void Take(FragmentOwners seen)
    {
        // Maybe the answer was lost, and this activation is the owner already.
        if (ReferenceEquals(seen, _asked))
        {
            _self = seen.Owner!.Value;
            cluster.Scheduler.Log($"{silo.Id} takes {id} with epoch {_self.Epoch}");
            RetireOthers(seen);
            return;
        }

        _asked = seen.Take(silo.Id);
        cluster.Swap(silo, id, seen, _asked, (_, now) => Continue(() => Take(now)));
    }

    private void RetireOthers(FragmentOwners owners)
    {
        if (_isStopped || silo.HasRetired(id, _self.Epoch))
        {
            Stop("retired while it was opened");
            return;
        }

        var others = owners.Before(_self).Where(other => !_gone.Contains(other.Epoch) && !IsGone(other)).ToList();
        if (others.Count == 0 || cluster.Fault == TransactionFault.ActivationDoesNotWait)
        {
            Settle(owners);
            return;
        }

        foreach (var other in others)
        {
            silo.AskToRetire(cluster.SiloOf(other.Silo), id, other.Epoch, () => _gone.Add(other.Epoch));
        }

        cluster.Scheduler.After(cluster.Random.Between(1_000, 10_000), () => Continue(() => RetireOthers(owners)));
    }

    // An earlier activation on the same silo is not there any more: there is one at a time.
    private bool IsGone(FragmentOwner other) => other.Silo == silo.Id || (cluster.Fault == TransactionFault.DeathIsKnownToOneOnly
        ? silo.Knows(other.Silo)
        : cluster.DoesEveryoneKnowDead(other.Silo));

    private void Settle(FragmentOwners owners)
    {
        if (owners.Settle(_self) is not { } alone)
        {
            Stop("another activation follows");
            return;
        }

        cluster.Swap(silo, id, owners, alone, (isDone, now) => Continue(() =>
        {
            if (isDone || (now.Owners.Count == 1 && now.Owner == _self))
            {
                cluster.LogOf(id).Read(image => Continue(() => Recover(image)));
            }
            else if (now.Owner == _self)
            {
                Settle(now);
            }
            else
            {
                Stop("another activation follows");
            }
        }));
    }

    private void Continue(Action step)
    {
        if (silo.IsUp && !_isStopped)
        {
            step();
        }
    }

    private void Recover(SimImage image)
    {
        var engine = _engine = new FragmentEngine(id, _self.Epoch);
        foreach (var (key, version) in image.Pages)
        {
            _records[key] = version;
        }

        if (image.Carried is { } carried)
        {
            engine.ReplayCarried(image.Through, Filter(LogRowCodec.Decode(id, image.Through, carried)));
        }

        foreach (var (number, row) in image.Rows)
        {
            engine.Replay(number, Filter(LogRowCodec.Decode(id, number, row)));
        }

        engine.Open();
        Drain();
    }

    private IReadOnlyList<LogEntry> Filter(IReadOnlyList<LogEntry> entries) => cluster.Fault switch
    {
        TransactionFault.PreparedIsForgotten =>
            [.. entries.Where(entry => entry.Kind is not (LogEntryKind.Prepared or LogEntryKind.Applied))],
        TransactionFault.OutcomesAreForgotten =>
            [.. entries.Select(entry => entry.Kind == LogEntryKind.Committed ? entry with { Kind = LogEntryKind.Dirty } : entry)],
        _ => entries,
    };
}
