namespace MimGrains.Core.Transactions;

// acquire (lock, then read) ... -> commit: lock what is not locked yet -> log -> apply -> release -> answer
// several fragments: prepare at all but one (lock -> log -> answer)
// -> commit at that one, the decider -> resolve the others
/// <summary>
/// One activation of a fragment: its locks, its transactions, and the order of its log. Pure: calls come in, effects go
/// out
/// (<see cref="TakeEffects"/>); the adapter keeps the records, stores the log and carries messages. One thread at a
/// time.
/// </summary>
/// <remarks>
/// <para>Invariants. (1) What the adapter reads upon <see cref="AnswerKind.Granted"/> is committed, and stays so until
/// the transaction lets its locks go: writes are applied when the log has them, and only then their locks are released.
/// (2) A request that claims to have locks is refused unless this activation has held all of them since they were
/// granted. (3) A commit or a preparation is done by the one activation whose epoch it names, and once. So whoever is
/// told that a transaction is aborted, because nothing is known of it, may rely on it: this activation remembers what
/// it said, and no other one would take it.
/// (4) A prepared transaction keeps its exclusive locks, over activations too, until the decider's word: nobody else
/// ends it.
/// (5) A decision is known at the decider until every participant has resolved; so "nothing is known" means aborted to
/// them.
/// (6) Rows are appended one at a time, insert-if-absent, and each activation begins with a row of its own: rows of an
/// earlier activation that are still under way then can never take a place behind it. (7) Replaying a row gives the
/// effects that it had, in the same order.</para>
/// <para>What the adapter must see to: only one activation answers at a time (<see cref="FragmentOwners"/>).</para>
/// </remarks>
public sealed partial class FragmentEngine(FragmentId self, long epoch)
{
    private readonly LockTable _locks = new();
    private readonly Dictionary<TransactionId, FragmentTransaction> _transactions = [];
    private readonly Dictionary<long, LockedWork> _work = [];
    private List<FragmentEffect> _effects = [];

    /// <summary>Returns which fragment this is.</summary>
    public FragmentId Self { get; } = self;

    /// <summary>Returns the number of this activation: every later one has a greater one.</summary>
    public long Epoch { get; } = epoch;

    /// <summary>Returns how many transactions are known here that are not finished.</summary>
    public int TransactionCount => _transactions.Count;

    /// <summary>Returns how many calls wait for locks.</summary>
    public int WaitingCount => _locks.WaitingCount;

    /// <summary>Whether a call waits for locks.</summary>
    public bool IsWaiting(long call) => _work.ContainsKey(call);

    /// <summary>Returns how many transactions hold locks.</summary>
    public int LockingCount => _locks.OwnerCount;

    /// <summary>Returns what is to be done since it was asked last, in this order.</summary>
    public IReadOnlyList<FragmentEffect> TakeEffects()
    {
        if (_effects.Count == 0)
        {
            return [];
        }

        var effects = _effects;
        _effects = [];
        return effects;
    }

    /// <summary>
    /// Takes locks, all of them or none: <see cref="AnswerKind.Granted"/>, maybe later;
    /// <see cref="AnswerKind.Refused"/>;
    /// <see cref="AnswerKind.Gone"/>.
    /// </summary>
    public void Acquire(FragmentCall call, IReadOnlyList<LockWish> locks)
    {
        ArgumentNullException.ThrowIfNull(locks);
        if (Enter(call, bindsEpoch: false) is { } transaction)
        {
            if (transaction.Phase != TransactionPhase.Active)
            {
                Answer(call.Call, AnswerKind.Gone, "the transaction is being ended");
                return;
            }

            Claim(call, locks, new LockedWork(transaction, null, default, [], [], call.NowMs));
            Pump();
        }
    }

    /// <summary>
    /// Asks whether all locks of a transaction have been there until now, and releases them:
    /// <see cref="AnswerKind.Valid"/> or
    /// <see cref="AnswerKind.Gone"/>.
    /// </summary>
    public void Validate(FragmentCall call)
    {
        if (Enter(call, bindsEpoch: true) is not { } transaction)
        {
            return;
        }

        var isValid = call.HasLocks && transaction is { Phase: TransactionPhase.Active, Waiting.Count: 0 };
        Answer(call.Call, isValid ? AnswerKind.Valid : AnswerKind.Gone, "");
        if (transaction.Phase == TransactionPhase.Active)
        {
            Drop(transaction, AnswerKind.Gone, "the transaction has ended");
        }

        Pump();
    }

    /// <summary>A transaction has ended that has not prepared here. There is no answer.</summary>
    public void Release(TransactionId id)
    {
        if (_transactions.GetValueOrDefault(id) is not { } transaction)
        {
            Finish(id, isCommitted: false);
        }
        else if (transaction.Phase == TransactionPhase.Active)
        {
            Drop(transaction, AnswerKind.Gone, "the transaction has ended");
        }

        Pump();
    }

    /// <summary>A call waits for locks no longer: it is answered as <see cref="AnswerKind.Refused"/>.</summary>
    public void Cancel(long call, string reason)
    {
        if (_work.Remove(call, out var work))
        {
            work.Transaction.Waiting.Remove(call);
            Continue(_locks.Cancel(work.Transaction.Id, call));
            Refuse(call, work, reason);
            Pump();
        }
    }

    /// <summary>The coordinator says that a transaction goes on.</summary>
    public void Renew(TransactionId id, long nowMs)
    {
        if (_transactions.GetValueOrDefault(id) is { } transaction)
        {
            transaction.LastHeardMs = nowMs;
        }
    }

    /// <summary>Drops the transactions that nobody has spoken of since a time, unless they have prepared.</summary>
    /// <returns>Which ones.</returns>
    public IReadOnlyList<TransactionId> Expire(long beforeMs)
    {
        var expired = DropActive(
            transaction => transaction.LastHeardMs < beforeMs, "its coordinator was not heard of for too long");
        Pump();
        return expired;
    }

    private FragmentTransaction? Enter(FragmentCall call, bool bindsEpoch)
    {
        if (_state != EngineState.Serving)
        {
            Answer(call.Call, AnswerKind.Gone, StateText);
            return null;
        }

        if (call.Epoch != Epoch && (bindsEpoch || call.Epoch != 0))
        {
            Answer(call.Call, AnswerKind.Gone, $"the activation of epoch {call.Epoch} was meant");
            return null;
        }

        var transaction = _transactions.GetValueOrDefault(call.Id);
        if (IsFinished(call.Id) || (transaction is null && call.HasLocks))
        {
            Answer(call.Call, AnswerKind.Gone, "the transaction is not known here");
            return null;
        }

        if (transaction is null)
        {
            _transactions.Add(call.Id, transaction = new FragmentTransaction(call.Id, call.Age));
        }

        transaction.LastHeardMs = Math.Max(transaction.LastHeardMs, call.NowMs);
        return transaction;
    }

    private void Claim(FragmentCall call, IReadOnlyList<LockWish> wishes, LockedWork work)
    {
        var claim = new LockClaim
        {
            Call = call.Call,
            Id = call.Id,
            Age = call.Age,
            IsPatient = call.IsPatient && !_locks.IsHeldBy(call.Id),
            Wishes = wishes,
        };
        switch (_locks.Claim(claim, out var blocker))
        {
            case LockOutcome.Granted:
                Do(call.Call, work);
                break;
            case LockOutcome.Refused:
                Refuse(call.Call, work, $"{blocker} is older");
                break;
            default:
                _work.Add(call.Call, work);
                work.Transaction.Waiting.Add(call.Call);
                break;
        }
    }

    private void Continue(IReadOnlyList<LockClaim> granted)
    {
        foreach (var claim in granted)
        {
            _work.Remove(claim.Call, out var work);
            work!.Transaction.Waiting.Remove(claim.Call);
            Do(claim.Call, work);
        }
    }

    // Whoever is told that a commit was refused starts again: the same message must not do better if it comes once
    // more.
    private void Refuse(long call, LockedWork work, string detail)
    {
        Answer(call, AnswerKind.Refused, detail);
        if (work.Entry is not null && work.Transaction.Phase == TransactionPhase.Active)
        {
            Drop(work.Transaction, AnswerKind.Gone, detail);
        }
    }

    private void Do(long call, LockedWork work)
    {
        if (work.Entry is null)
        {
            Answer(call, AnswerKind.Granted, "");
        }
        else
        {
            Log(call, work);
        }
    }

    // The transaction ends here without a trace in the log.
    private void Drop(FragmentTransaction transaction, AnswerKind answer, string detail)
    {
        _transactions.Remove(transaction.Id);
        Finish(transaction.Id, isCommitted: false);
        foreach (var call in transaction.Waiting.Concat(transaction.Calls))
        {
            _work.Remove(call);
            Answer(call, answer, detail);
        }

        Continue(_locks.Release(transaction.Id));
    }

    private List<TransactionId> DropActive(Predicate<FragmentTransaction> match, string detail)
    {
        List<TransactionId> dropped = [];
        foreach (var transaction in _transactions.Values.Where(transaction => match(transaction)).ToList())
        {
            // Asked only now: the locks of one that was dropped may have let this one go on.
            if (transaction.Phase == TransactionPhase.Active)
            {
                Drop(transaction, AnswerKind.Gone, detail);
                dropped.Add(transaction.Id);
            }
        }

        return dropped;
    }

    private void Answer(long call, AnswerKind kind, string detail) => _effects.Add(new AnswerEffect(call, kind, Epoch, detail));

    private void AnswerAll(FragmentTransaction transaction, AnswerKind kind, string detail)
    {
        foreach (var call in transaction.Calls)
        {
            Answer(call, kind, detail);
        }

        transaction.Calls.Clear();
    }
}
