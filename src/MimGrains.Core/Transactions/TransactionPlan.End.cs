namespace MimGrains.Core.Transactions;

public sealed partial class TransactionPlan
{
    /// <summary>Ends the attempt: it shall commit.</summary>
    /// <param name="writes">Everything that it writes, by fragment; the order within a fragment is kept.</param>
    /// <param name="epochOf">The activation of a fragment, as far as it is known; 0 if it is not.</param>
    /// <param name="isStored">
    /// Whether a fragment remembers what it decided when all silos are gone. One that does decides, if there is one: what others
    /// that do have prepared is then neither lost nor made of nothing.
    /// </param>
    /// <returns>Calls to make.</returns>
    /// <exception cref="InvalidOperationException">Calls are under way, or the attempt has ended.</exception>
    public IReadOnlyList<PlannedCall> Commit(
        IReadOnlyDictionary<FragmentId, IReadOnlyList<FragmentWrite>> writes,
        Func<FragmentId, long> epochOf,
        Predicate<FragmentId> isStored)
    {
        ArgumentNullException.ThrowIfNull(writes);
        ArgumentNullException.ThrowIfNull(epochOf);
        ArgumentNullException.ThrowIfNull(isStored);
        if (_stage != PlanStage.Active || _underWay.Count > 0 || Verdict != TransactionVerdict.Open)
        {
            throw new InvalidOperationException($"{Id} cannot commit: it is {_stage} with {_underWay.Count} calls under way.");
        }

        foreach (var (fragment, ofFragment) in writes.Where(pair => pair.Value.Count > 0))
        {
            if (!_parts.TryGetValue(fragment, out var part))
            {
                _parts.Add(fragment, part = new PlanPart());
            }

            part.Writes = ofFragment;
            part.ExpectedEpoch = epochOf(fragment);
        }

        var written = _parts.Where(part => part.Value.Writes.Count > 0).ToList();
        if (written.Count > 0)
        {
            // The best is one that is stored, and then one that has its locks already.
            Decider = written.OrderByDescending(part => isStored(part.Key)).ThenByDescending(part => part.Value.HasRead).First().Key;
        }

        var blind = written.Where(part => part.Value.IsBlind).Select(part => part.Key).ToList();
        var mustLock = _parts.Any(part => part.Value.HasRead && part.Key != Decider && blind.Exists(other => other != part.Key));
        _stage = PlanStage.Locking;
        if (!mustLock)
        {
            return Confirm();
        }

        return [.. blind.Select(fragment =>
        {
            var part = _parts[fragment];
            return Send(new PlannedCall(fragment, PlannedCallKind.Acquire, Id, Age, part.Epoch, part.Epoch > 0, IsPatient: false)
            {
                Locks = part.WriteLocks,
            });
        })];
    }

    // All that is read is locked, and from here on every fragment has to say that it still is.
    private IReadOnlyList<PlannedCall> Confirm()
    {
        _stage = PlanStage.Confirming;
        List<PlannedCall> calls = [];
        foreach (var (fragment, part) in _parts)
        {
            if (part.Writes.Count == 0 && part.HasRead)
            {
                calls.Add(Send(CallTo(fragment, PlannedCallKind.Validate)));
            }
            else if (part.Writes.Count > 0 && fragment != Decider)
            {
                calls.Add(Send(CallTo(fragment, PlannedCallKind.Prepare) with { Writes = part.Writes, Decider = Decider!.Value }));
                part.MayBePrepared = true;
            }
        }

        // Reads of one fragment alone: the last of them has confirmed those before.
        if (Decider is null && calls.Count == 1)
        {
            _underWay.Clear();
            Verdict = TransactionVerdict.Committed;
            _stage = PlanStage.Settled;
            return [CallTo(calls[0].To, PlannedCallKind.Release)];
        }

        return calls.Count > 0 ? calls : Decide();
    }

    private IReadOnlyList<PlannedCall> OnConfirmed(PlannedCall call, AnswerKind kind, string detail) => kind switch
    {
        AnswerKind.Valid => Confirmed(call, isValidated: true),
        AnswerKind.Prepared => Confirmed(call, isValidated: false),
        AnswerKind.Refused => Refused(call, detail),
        AnswerKind.Unavailable => Fail(TransactionVerdict.Aborted, $"{call.To}: {detail}"),
        _ => Fail(TransactionVerdict.Restart, $"{call.To}: {detail}"),
    };

    private IReadOnlyList<PlannedCall> Confirmed(PlannedCall call, bool isValidated)
    {
        _parts[call.To].IsReleased = isValidated;
        return _underWay.Count == 0 ? Decide() : [];
    }

    private IReadOnlyList<PlannedCall> Refused(PlannedCall call, string detail)
    {
        RefusedAt = (call.To, _parts[call.To].WriteLocks);
        return Fail(TransactionVerdict.Restart, $"{call.To}: {detail}");
    }

    private IReadOnlyList<PlannedCall> Decide()
    {
        if (Decider is not { } decider)
        {
            Verdict = TransactionVerdict.Committed;
            _stage = PlanStage.Settled;
            return [];
        }

        _stage = PlanStage.Deciding;
        return [Send(CallTo(decider, PlannedCallKind.Commit) with { Writes = _parts[decider].Writes, Participants = Others() })];
    }

    private IReadOnlyList<PlannedCall> OnCommitted(PlannedCall call, AnswerKind kind, string detail)
    {
        switch (kind)
        {
            case AnswerKind.Committed:
                return Tell(TransactionVerdict.Committed, "");
            case AnswerKind.Unknown:
                return Ask(detail);
            case AnswerKind.Refused:
                return Refused(call, detail);
            case AnswerKind.Unavailable:
                return Fail(TransactionVerdict.Aborted, $"{call.To}: {detail}");
            default:
                return Fail(TransactionVerdict.Restart, $"{call.To}: {detail}");
        }
    }

    private IReadOnlyList<PlannedCall> Ask(string detail)
    {
        (_stage, Reason) = (PlanStage.Asking, $"{Decider} did not say: {detail}");
        return [Send(CallTo(Decider!.Value, PlannedCallKind.AskOutcome))];
    }

    private IReadOnlyList<PlannedCall> OnOutcome(PlannedCall call, AnswerKind kind, string detail) => kind switch
    {
        AnswerKind.Committed => Tell(TransactionVerdict.Committed, ""),
        AnswerKind.Aborted or AnswerKind.Unavailable => Fail(TransactionVerdict.Restart, $"{call.To} was lost before it committed"),
        _ => Ask(detail),
    };

    private List<PlannedCall> Tell(TransactionVerdict verdict, string reason)
    {
        (Verdict, Reason) = (verdict, reason);
        List<PlannedCall> calls = [.. Others().Select(other => Send(CallTo(other, PlannedCallKind.Resolve) with { IsCommitted = true }))];
        _stage = calls.Count > 0 ? PlanStage.Telling : PlanStage.Settled;
        return calls;
    }

    private IReadOnlyList<PlannedCall> OnResolved(PlannedCall call, AnswerKind kind)
    {
        if (IsAborting)
        {
            return [];
        }

        if (kind != AnswerKind.Resolved)
        {
            return [Send(call)];
        }

        var acknowledgement = CallTo(Decider!.Value, PlannedCallKind.Acknowledge) with { Participants = [call.To] };
        _stage = _underWay.Count == 0 ? PlanStage.Settled : PlanStage.Telling;
        return [acknowledgement];
    }

    // Whoever may have prepared is told; if that is lost, it asks the decider, which knows of no commit.
    private IReadOnlyList<PlannedCall> Fail(TransactionVerdict verdict, string reason)
    {
        (Verdict, Reason, _stage) = (verdict, reason, PlanStage.Settled);
        return
        [
            .. _parts.Where(part => !part.Value.IsReleased).Select(part => part.Value.MayBePrepared
                ? Send(CallTo(part.Key, PlannedCallKind.Resolve))
                : CallTo(part.Key, PlannedCallKind.Release)),
        ];
    }

    private PlannedCall CallTo(FragmentId fragment, PlannedCallKind kind)
    {
        var part = _parts[fragment];
        var isPatient = part.Epoch == 0 && Others().Count == 0 && _parts.Count == 1;
        return new PlannedCall(
            fragment, kind, Id, Age, part.Epoch > 0 ? part.Epoch : part.ExpectedEpoch, part.Epoch > 0, isPatient);
    }

    private List<FragmentId> Others() =>
        [.. _parts.Where(part => part.Value.Writes.Count > 0 && part.Key != Decider).Select(part => part.Key)];
}
