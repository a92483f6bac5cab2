using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>One transaction of a user, over as many attempts as it takes.</summary>
internal sealed class SimRun(TransactionCluster cluster, SimSilo silo, (string Name, SimProgram Program) user)
{
    private const int AttemptsMost = 200;

    private TransactionPlan? _plan;
    private SimAttempt? _attempt;
    private SimView? _view;
    private IEnumerator<SimAsk>? _body;
    private SimAsk? _first;
    private TransactionAge? _age;
    private int _attempts;
    private bool _isOver;

    public override string ToString() => $"{_attempt} after {_attempts} attempts: {_plan?.Reason}, in doubt {_plan?.IsInDoubt}";

    public void Start()
    {
        var plan = _plan = silo.Begin(this, _age);
        _age = plan.Age;
        _attempt = cluster.History.Begin(plan.Id, user.Name, cluster.Scheduler.NowMicros);
        _view = new SimView(_attempt);
        cluster.Scheduler.Log($"{plan.Id} begins: {user.Name}");
        if (++_attempts > AttemptsMost)
        {
            throw new InvariantException($"{_attempt} has starved: {_attempts} attempts.");
        }

        _body = user.Program(_view).GetEnumerator();
        if (_first is { } first)
        {
            Make(plan, plan.Acquire(first.Fragment, first.Locks));
        }
        else
        {
            GoOn(plan);
        }
    }

    public void Renew()
    {
        if (_plan is { Verdict: TransactionVerdict.Open } plan)
        {
            foreach (var fragment in plan.Fragments)
            {
                silo.Renew(fragment, plan.Id);
            }
        }
    }

    private void GoOn(TransactionPlan plan)
    {
        if (cluster.IsFaulty && cluster.Random.Chance(2))
        {
            MakeAll(plan, plan.Abort("the user has changed its mind"));
            Settle(plan);
        }
        else if (_body!.MoveNext())
        {
            Make(plan, plan.Acquire(_body.Current.Fragment, _body.Current.Locks));
        }
        else
        {
            var writes = _attempt!.Writes.GroupBy(write => SimPrograms.FragmentOf(write.Key)).ToDictionary(
                group => group.Key,
                group => (IReadOnlyList<FragmentWrite>)
                [
                    .. group.Select(write =>
                        new FragmentWrite(WriteKind.Put, SimCodec.Bytes(write.Key), SimCodec.Bytes(write.Value))),
                ]);
            MakeAll(plan, plan.Commit(writes, silo.EpochOf, _ => true));
            Settle(plan);
        }
    }

    private void MakeAll(TransactionPlan plan, IReadOnlyList<PlannedCall> calls)
    {
        foreach (var call in calls)
        {
            // What was asked before is asked again after a while.
            if (call.Kind is PlannedCallKind.AskOutcome or PlannedCallKind.Resolve)
            {
                cluster.Scheduler.After(cluster.Random.Between(10, 5_000), () => Make(plan, call));
            }
            else
            {
                Make(plan, call);
            }
        }
    }

    private void Make(TransactionPlan plan, PlannedCall call)
    {
        if (!silo.IsUp)
        {
            return;
        }

        if (cluster.Fault == TransactionFault.OneConfirmationIsMadeUp
            && call.Kind is PlannedCallKind.Prepare or PlannedCallKind.Validate && cluster.Random.Chance(20))
        {
            var made = call.Kind == PlannedCallKind.Prepare ? AnswerKind.Prepared : AnswerKind.Valid;
            cluster.Scheduler.After(1, () => Receive(plan, call, new SimReply(made, call.Epoch, "", new Dictionary<string, string?>())));
            return;
        }

        silo.Call(call, reply => Receive(plan, call, reply), () => OnNoAnswer(plan, call));
    }

    private void OnNoAnswer(TransactionPlan plan, PlannedCall call)
    {
        if (cluster.Fault == TransactionFault.CommitIsSentAgain && call.Kind == PlannedCallKind.Commit)
        {
            Make(plan, call with { Epoch = silo.EpochOf(call.To), HasLocks = false });
            return;
        }

        MakeAll(plan, plan.OnNoAnswer(call, "lost"));
        Settle(plan);
    }

    private void Receive(TransactionPlan plan, PlannedCall call, SimReply reply)
    {
        var isRead = plan == _plan && call.Kind == PlannedCallKind.Acquire && reply.Kind == AnswerKind.Granted
            && plan.Verdict == TransactionVerdict.Open;
        foreach (var (key, version) in isRead ? reply.Read : new Dictionary<string, string?>())
        {
            // What was read first stays: a lock is held since.
            _attempt!.Reads.TryAdd(key, version);
        }

        MakeAll(plan, plan.OnAnswer(call, reply.Kind, reply.Epoch, reply.Detail));
        if (isRead && plan.Verdict == TransactionVerdict.Open && plan.CanAcquire(call.To))
        {
            GoOn(plan);
            return;
        }

        Settle(plan);
    }

    private void Settle(TransactionPlan plan)
    {
        if (plan.IsSettled)
        {
            silo.Close(plan.Id);
        }

        if (plan != _plan || plan.Verdict == TransactionVerdict.Open || _isOver)
        {
            return;
        }

        var attempt = _attempt!;
        (attempt.Verdict, attempt.EndMicros, attempt.EndedDead) =
            (plan.Verdict, cluster.Scheduler.NowMicros, silo.IsDeclaredDead);
        cluster.Scheduler.Log($"{plan.Id} {plan.Verdict} {plan.Reason}");
        if (plan.Verdict == TransactionVerdict.Committed && _view!.Broken is { } broken)
        {
            throw new InvariantException($"{attempt}: {broken}.");
        }

        if (plan.Verdict == TransactionVerdict.Restart && cluster.IsBusy)
        {
            _plan = null;
            _first = plan.RefusedAt is { } refused ? new SimAsk(refused.Fragment, refused.Locks) : null;
            cluster.Scheduler.After(cluster.Random.Between(100, 3_000), () =>
            {
                if (silo.IsUp)
                {
                    Start();
                }
            });
            return;
        }

        _isOver = true;
        silo.OnRunEnded();
    }
}
