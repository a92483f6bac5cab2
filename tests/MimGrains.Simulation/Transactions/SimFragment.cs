using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

// owner by compare-and-set
// -> those before have retired, or are dead and all know -> alone -> the log is read -> own first row
/// <summary>One activation of a fragment, as an adapter of the engine: records, log, messages.</summary>
internal sealed partial class SimFragment(TransactionCluster cluster, SimSilo silo, FragmentId id)
{
    private readonly SortedDictionary<string, string> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<long, (PlannedCall Call, Action<SimReply> Reply)> _calls = [];
    private readonly List<Action> _untilOpen = [];
    private readonly List<Action> _untilRetired = [];
    private FragmentOwner _self;
    private FragmentEngine? _engine;
    private bool _isStopped;
    private long _lastCall;

    public FragmentId Id => id;

    public long Epoch => _self.Epoch;

    public void Open() => Take(FragmentOwners.Nobody);

    public void Receive(ReplicaId from, PlannedCall call, long firstOpen, Action<SimReply> reply)
    {
        if (_isStopped)
        {
            reply(new SimReply(AnswerKind.Gone, 0, "stopped", new Dictionary<string, string?>()));
        }
        else if (_engine is not { IsServing: true } engine)
        {
            _untilOpen.Add(() => Receive(from, call, firstOpen, reply));
        }
        else if (!silo.Knows(from))
        {
            if (call.Id.Coordinator == from)
            {
                engine.Close(from, firstOpen);
            }

            Ask(engine, call, reply);
            Drain();
        }
    }

    public void Renew(TransactionId attempt) => _engine?.Renew(attempt, cluster.NowMs);

    public void OnDead(ReplicaId dead)
    {
        if (_engine is { IsServing: true } engine)
        {
            engine.OnCoordinatorGone(dead);
            Drain();
        }
    }

    public void Retire(Action done)
    {
        _untilRetired.Add(done);
        if (_engine is null)
        {
            Stop("retired while it was opened");
        }
        else
        {
            _engine.Retire("another activation has taken over");
            Drain();
        }
    }

    public string? DescribeOpen() => _engine is not { IsServing: true } engine ? $"{id} does not serve"
        : engine.TransactionCount + engine.WaitingCount + engine.LockingCount + engine.Unresolved().Count is var open && open > 0
            ? $"{id} has {engine.TransactionCount} transactions, {engine.WaitingCount} waiting, {engine.LockingCount} with locks, " +
              $"{engine.Unresolved().Count} unresolved"
            : null;

    private void Ask(FragmentEngine engine, PlannedCall planned, Action<SimReply> reply)
    {
        var number = ++_lastCall;
        _calls.Add(number, (planned, reply));
        var call = new FragmentCall(
            number, planned.Id, planned.Age, planned.Epoch, planned.HasLocks, planned.IsPatient, cluster.NowMs);
        if (cluster.Fault == TransactionFault.LostLocksCount && planned.HasLocks)
        {
            call = call with { Epoch = engine.Epoch, HasLocks = false };
        }

        switch (planned.Kind)
        {
            case PlannedCallKind.Acquire:
                engine.Acquire(call, LocksFor(planned));
                break;
            case PlannedCallKind.Validate when cluster.Fault == TransactionFault.ReadOnlyAreNotValidated:
                engine.Release(planned.Id);
                Reply(number, AnswerKind.Valid, "");
                break;
            case PlannedCallKind.Validate:
                engine.Validate(call);
                break;
            case PlannedCallKind.Prepare:
                engine.Prepare(call, planned.Writes, planned.Decider);
                break;
            case PlannedCallKind.Commit:
                engine.Commit(call, planned.Writes, planned.Participants);
                break;
            case PlannedCallKind.Resolve:
                engine.Resolve(number, planned.Id, planned.IsCommitted);
                break;
            case PlannedCallKind.Release:
                engine.Release(planned.Id);
                break;
            case PlannedCallKind.Acknowledge:
                engine.Acknowledge(planned.Id, planned.Participants[0]);
                break;
            case PlannedCallKind.AskOutcome when cluster.Fault == TransactionFault.AbortedIsNotRemembered
                && !engine.CarriedEntries().Any(entry => entry.Id == planned.Id):
                Reply(number, AnswerKind.Aborted, "");
                break;
            default:
                engine.AskOutcome(number, planned.Id);
                break;
        }
    }

    private IReadOnlyList<LockWish> LocksFor(PlannedCall planned) => cluster.Fault switch
    {
        TransactionFault.ReadsTakeNoLocks when planned.Locks.All(wish => wish.Mode == LockMode.Shared) =>
            [LockWish.OfRecord(SimCodec.Bytes($"nothing {planned.Id}"), LockMode.Shared)],
        TransactionFault.ScansLockOnlyWhatIsThere when planned.Locks.Any(wish => wish.Key is null) =>
        [
            .. _records.Where(record => SimCodec.Payload(record.Value) is not null)
                .Select(record => LockWish.OfRecord(SimCodec.Bytes(record.Key), LockMode.Shared)),
        ],
        _ => planned.Locks,
    };

    private void Drain()
    {
        while (_engine?.TakeEffects() is { Count: > 0 } effects)
        {
            foreach (var effect in effects)
            {
                Do(_engine, effect);
            }
        }
    }

    private void Do(FragmentEngine engine, FragmentEffect effect)
    {
        switch (effect)
        {
            case AnswerEffect answer:
                Reply(answer.Call, answer.Kind, answer.Detail);
                break;
            case ApplyEffect apply:
                cluster.History.OnApply(id, apply);
                Apply(apply.Writes);
                break;
            case AppendEffect append:
                AnswerTooEarly(append.Entries);
                cluster.LogOf(id).Append(
                    append.Number, LogRowCodec.Encode(id, append.Number, append.Entries), end => OnAppendEnded(engine, append.Number, end));
                break;
            case OpenedEffect:
                foreach (var dead in silo.Dead)
                {
                    engine.OnCoordinatorGone(dead);
                }

                RunAll(_untilOpen);
                break;
            case StoppedEffect stopped:
                Stop(stopped.Reason);
                break;
            default:
                throw new InvariantException($"{effect} is no effect.");
        }
    }

    private void OnAppendEnded(FragmentEngine engine, long number, AppendEnd end)
    {
        if (!silo.IsUp || engine.IsStopped)
        {
            return;
        }

        switch (end)
        {
            case AppendEnd.Done:
                engine.OnAppended(number);
                break;
            case AppendEnd.SurelyNot:
                engine.OnAppendFailed(number, "the database is away");
                break;
            case AppendEnd.Unknown when cluster.Fault == TransactionFault.UnknownCountsAsFailed && engine.IsServing:
                engine.OnAppendFailed(number, "no answer of the database");
                break;
            default:
                engine.OnAppendUnknown(number, $"{end}");
                break;
        }

        Drain();
    }

    private void AnswerTooEarly(IReadOnlyList<LogEntry> entries)
    {
        foreach (var entry in entries)
        {
            var kind = (cluster.Fault, entry.Kind) switch
            {
                (TransactionFault.CommittedIsAnsweredBeforeTheLog, LogEntryKind.Committed) => PlannedCallKind.Commit,
                (TransactionFault.PreparedIsAnsweredBeforeTheLog, LogEntryKind.Prepared) => PlannedCallKind.Prepare,
                _ => (PlannedCallKind?)null,
            };
            if (cluster.Fault == TransactionFault.AppliedBeforeTheLog && entry.Kind == LogEntryKind.Committed)
            {
                Apply(entry.Writes);
            }

            foreach (var call in _calls.Where(call => call.Value.Call.Id == entry.Id && call.Value.Call.Kind == kind).ToList())
            {
                Reply(call.Key, kind == PlannedCallKind.Commit ? AnswerKind.Committed : AnswerKind.Prepared, "");
            }
        }
    }

    private void Reply(long number, AnswerKind kind, string detail)
    {
        if (!_calls.Remove(number, out var call))
        {
            return;
        }

        var read = new Dictionary<string, string?>();
        foreach (var wish in kind == AnswerKind.Granted ? call.Call.Locks : [])
        {
            foreach (var key in wish.Key is { } one
                ? [SimCodec.Text(one.Bytes)]
                : SimPrograms.ScannedKeys.Where(key => SimPrograms.FragmentOf(key) == id))
            {
                read[key] = _records.GetValueOrDefault(key);
            }
        }

        call.Reply(new SimReply(kind, _self.Epoch, detail, read));
    }

    private void Apply(IReadOnlyList<FragmentWrite> writes)
    {
        foreach (var write in writes)
        {
            _records[SimCodec.Text(write.Key)] = SimCodec.Text(write.Record);
        }
    }

    private void Stop(string reason)
    {
        if (!_isStopped)
        {
            cluster.Scheduler.Log($"{silo.Id} gives {id} of epoch {_self.Epoch} up: {reason}");
            _isStopped = true;
            silo.Remove(this);
            RunAll(_untilOpen);
            RunAll(_untilRetired);
        }
    }

    private static void RunAll(List<Action> actions)
    {
        var all = actions.ToList();
        actions.Clear();
        all.ForEach(action => action());
    }
}
