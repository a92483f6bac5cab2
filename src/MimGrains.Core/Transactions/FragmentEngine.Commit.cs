namespace MimGrains.Core.Transactions;

public sealed partial class FragmentEngine
{
    /// <summary>
    /// Commits writes here, and with participants, which have all prepared, decides for them:
    /// <see cref="AnswerKind.Committed"/>,
    /// <see cref="AnswerKind.Refused"/>, <see cref="AnswerKind.Gone"/>, <see cref="AnswerKind.Aborted"/>,
    /// <see cref="AnswerKind.Unavailable"/>, or <see cref="AnswerKind.Unknown"/>. Locks that are missing are taken.
    /// </summary>
    public void Commit(FragmentCall call, IReadOnlyList<FragmentWrite> writes, IReadOnlyList<FragmentId> participants)
    {
        ArgumentNullException.ThrowIfNull(writes);
        ArgumentNullException.ThrowIfNull(participants);
        if (_state == EngineState.Serving && OutcomeOf(call.Id) is { } isCommitted)
        {
            Answer(call.Call, isCommitted ? AnswerKind.Committed : AnswerKind.Aborted, "");
            return;
        }

        if (Enter(call, bindsEpoch: true) is { } transaction)
        {
            var work = new LockedWork(transaction, LogEntryKind.Committed, default, participants, writes, call.NowMs);
            Claim(call, [.. writes.Select(write => write.Lock)], work);
            Pump();
        }
    }

    /// <summary>
    /// Makes writes safe that count when the decider says so: <see cref="AnswerKind.Prepared"/>,
    /// <see cref="AnswerKind.Refused"/>,
    /// <see cref="AnswerKind.Gone"/>, or <see cref="AnswerKind.Unavailable"/>. Locks that are missing are taken.
    /// </summary>
    public void Prepare(FragmentCall call, IReadOnlyList<FragmentWrite> writes, FragmentId decider)
    {
        ArgumentNullException.ThrowIfNull(writes);
        if (Enter(call, bindsEpoch: true) is { } transaction)
        {
            var work = new LockedWork(transaction, LogEntryKind.Prepared, decider, [], writes, call.NowMs);
            Claim(call, [.. writes.Select(write => write.Lock)], work);
            Pump();
        }
    }

    /// <summary>
    /// The decision about a transaction: <see cref="AnswerKind.Resolved"/> when nothing of it is open here any more,
    /// else
    /// <see cref="AnswerKind.Gone"/> or <see cref="AnswerKind.Unavailable"/>: tell it again.
    /// </summary>
    /// <exception cref="InvalidOperationException">Committed is what has not prepared: an invariant is
    /// broken.</exception>
    public void Resolve(long call, TransactionId id, bool isCommitted)
    {
        if (_state != EngineState.Serving)
        {
            Answer(call, AnswerKind.Gone, StateText);
            return;
        }

        switch (_transactions.GetValueOrDefault(id))
        {
            case null:
                Finish(id, isCommitted);
                Answer(call, AnswerKind.Resolved, "");
                break;
            case { Phase: TransactionPhase.Prepared } prepared when isCommitted:
                prepared.Phase = TransactionPhase.Applying;
                prepared.Calls.Add(call);
                _pending.Add(new PendingEntry(LogEntry.Applied(id), prepared, 0));
                break;
            case { Phase: TransactionPhase.Prepared } prepared:
                DropPrepared(prepared);
                Answer(call, AnswerKind.Resolved, "");
                break;
            case { Phase: TransactionPhase.Applying } applying when isCommitted:
                applying.Calls.Add(call);
                break;
            case { Phase: TransactionPhase.Preparing } preparing when !isCommitted:
                preparing.IsAborted = true;
                preparing.Calls.Add(call);
                break;
            case { Phase: TransactionPhase.Active } active when !isCommitted:
                Drop(active, AnswerKind.Gone, "the transaction is aborted");
                Answer(call, AnswerKind.Resolved, "");
                break;
            case { } other:
                throw new InvalidOperationException(
                    $"Fragment {Self}: {id} is {other.Phase} and told to be {(isCommitted ? "committed" : "aborted")}.");
        }

        Pump();
    }

    /// <summary>
    /// Writes without a transaction and without locks: <see cref="AnswerKind.Written"/>, <see cref="AnswerKind.Gone"/>,
    /// <see cref="AnswerKind.Unavailable"/>, or <see cref="AnswerKind.Unknown"/>.
    /// </summary>
    public void Write(long call, IReadOnlyList<FragmentWrite> writes)
    {
        if (_state != EngineState.Serving)
        {
            Answer(call, AnswerKind.Gone, StateText);
            return;
        }

        _pending.Add(new PendingEntry(LogEntry.Dirty(writes), null, call));
        Pump();
    }

    // All locks are there.
    private void Log(long call, LockedWork work)
    {
        var transaction = work.Transaction;
        switch (transaction.Phase)
        {
            case TransactionPhase.Active when work.Entry == LogEntryKind.Committed:
                transaction.Phase = TransactionPhase.Committing;
                transaction.Participants = work.Participants;
                break;
            case TransactionPhase.Active:
                transaction.Phase = TransactionPhase.Preparing;
                transaction.Decider = work.Decider;
                transaction.PreparedAtMs = work.NowMs;
                break;
            case TransactionPhase.Committing when work.Entry == LogEntryKind.Committed:
            case TransactionPhase.Preparing when work.Entry == LogEntryKind.Prepared:
                // The same message once more.
                transaction.Calls.Add(call);
                return;
            case TransactionPhase.Prepared or TransactionPhase.Applying when work.Entry == LogEntryKind.Prepared:
                Answer(call, AnswerKind.Prepared, "");
                return;
            default:
                throw new InvalidOperationException(
                    $"Fragment {Self}: {transaction.Id} is {transaction.Phase} and asked to be {work.Entry}.");
        }

        transaction.Writes = work.Writes;
        transaction.Calls.Add(call);
        _pending.Add(new PendingEntry(
            work.Entry == LogEntryKind.Committed
                ? LogEntry.Committed(transaction.Id, work.Participants, work.Writes)
                : LogEntry.Prepared(transaction.Id, work.Decider, work.Writes),
            transaction,
            0));
    }

    private void DropPrepared(FragmentTransaction prepared)
    {
        _pending.Add(new PendingEntry(LogEntry.Dropped(prepared.Id), null, 0));
        Drop(prepared, AnswerKind.Gone, "the transaction is aborted");
    }
}
