namespace MimGrains.Core.Transactions;

// created -> carried entries and rows replayed -> opened: the first row -> serving -> retiring: the last row -> stopped
public sealed partial class FragmentEngine
{
    private EngineState _state = EngineState.Recovering;
    private string _stopReason = "";

    /// <summary>Whether this activation answers.</summary>
    public bool IsServing => _state == EngineState.Serving;

    /// <summary>Whether this activation is at its end.</summary>
    public bool IsStopped => _state == EngineState.Stopped;

    private string StateText => _state switch
    {
        EngineState.Stopped or EngineState.Retiring => _stopReason,
        _ => "the fragment is being opened",
    };

    /// <summary>Takes what a compaction carried over beside the pages. Before any row.</summary>
    /// <param name="through">The last row that is in the pages; 0 if none is.</param>
    /// <param name="entries">As <see cref="CarriedEntries"/> gave them.</param>
    public void ReplayCarried(long through, IReadOnlyList<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        RequireRecovering();
        LastNumber = through;
        for (var index = 0; index < entries.Count; index++)
        {
            Replay(through, index, entries[index]);
        }
    }

    /// <summary>Takes a row of the log, which must follow the one before; its writes are effects.</summary>
    /// <exception cref="InvalidDataException">It does not follow, or does not go with what was before.</exception>
    public void Replay(long number, IReadOnlyList<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        RequireRecovering();
        if (number != LastNumber + 1)
        {
            throw new InvalidDataException($"Fragment {Self}: log row {LastNumber + 1} is missing before row {number}.");
        }

        LastNumber = number;
        for (var index = 0; index < entries.Count; index++)
        {
            Replay(number, index, entries[index]);
        }
    }

    /// <summary>Everything is replayed: begins with a row of its own. It serves when that is in the log.</summary>
    public void Open()
    {
        RequireRecovering();
        foreach (var transaction in _transactions.Values)
        {
            var claim = new LockClaim
            {
                Call = 0,
                Id = transaction.Id,
                Age = transaction.Age,
                IsPatient = true,
                Wishes = [.. transaction.Writes.Select(write => write.Lock)],
            };
            if (_locks.Claim(claim, out _) != LockOutcome.Granted)
            {
                throw new InvalidDataException($"Fragment {Self}: {transaction.Id} has prepared what another one has prepared too.");
            }
        }

        _state = EngineState.Opening;
        _pending.Add(new PendingEntry(LogEntry.Opened(Epoch), null, 0));
        Pump();
    }

    /// <summary>
    /// Takes nothing any more. <see cref="StoppedEffect"/> comes when the row that is under way has ended, at once if
    /// none is.
    /// </summary>
    public void Retire(string reason)
    {
        if (_state is EngineState.Stopped or EngineState.Retiring)
        {
            return;
        }

        (_state, _stopReason) = (EngineState.Retiring, reason);
        var underWay = _underWay;
        foreach (var transaction in _transactions.Values.Where(transaction => underWay.TrueForAll(pending => pending.Transaction != transaction)))
        {
            AnswerAll(transaction, AnswerKind.Gone, reason);
        }

        foreach (var pending in _pending.Where(pending => pending.Call != 0))
        {
            Answer(pending.Call, AnswerKind.Gone, reason);
        }

        foreach (var call in _work.Keys)
        {
            Answer(call, AnswerKind.Gone, reason);
        }

        _pending.Clear();
        foreach (var transaction in _work.Values.Select(work => work.Transaction).Distinct().ToList())
        {
            foreach (var call in transaction.Waiting)
            {
                _locks.Cancel(transaction.Id, call);
            }

            transaction.Waiting.Clear();
        }

        _work.Clear();
        if (_underWay.Count == 0)
        {
            Stop(AnswerKind.Gone, reason);
        }
    }

    /// <summary>Returns how many bytes of keys and records wait for a decision: <see cref="CarriedEntries"/> has them.</summary>
    public long PreparedBytes => _transactions.Values
        .Where(transaction => transaction.Phase is TransactionPhase.Prepared or TransactionPhase.Applying)
        .Sum(transaction => transaction.WriteBytes);

    /// <summary>Returns what must be kept beside pages that hold everything up to <see cref="LastNumber"/>.</summary>
    public IReadOnlyList<LogEntry> CarriedEntries()
    {
        List<LogEntry> entries = [];
        foreach (var (coordinator, record) in _coordinators)
        {
            if (record.FirstOpen > 0)
            {
                entries.Add(LogEntry.Closed(coordinator, record.FirstOpen));
            }

            entries.AddRange(record.Ended.Where(ended => ended.Value).Select(ended => new TransactionId(coordinator, ended.Key))
                .Where(id => !_unresolved.ContainsKey(id)).Select(id => LogEntry.Outcome(id, [])));
        }

        entries.AddRange(_unresolved.Select(decision => LogEntry.Outcome(decision.Key, [.. decision.Value.Order()])));
        entries.AddRange(_transactions.Values
            .Where(transaction => transaction.Phase is TransactionPhase.Prepared or TransactionPhase.Applying)
            .Select(transaction => LogEntry.Prepared(transaction.Id, transaction.Decider, transaction.Writes)));
        return entries;
    }

    private void Replay(long number, int index, LogEntry entry)
    {
        switch (entry.Kind)
        {
            case LogEntryKind.Committed:
                _effects.Add(new ApplyEffect(number, index, entry.Id, entry.Writes));
                NoteCommitted(entry.Id, entry.Participants);
                break;
            case LogEntryKind.Outcome:
                NoteCommitted(entry.Id, entry.Participants);
                break;
            case LogEntryKind.Closed:
                Close(entry.Id.Coordinator, entry.Number);
                break;
            case LogEntryKind.Dirty:
                _effects.Add(new ApplyEffect(number, index, default, entry.Writes));
                break;
            case LogEntryKind.Prepared:
                _transactions.Add(entry.Id, new FragmentTransaction(entry.Id, new TransactionAge(0, entry.Id))
                {
                    Phase = TransactionPhase.Prepared,
                    Writes = entry.Writes,
                    Decider = entry.Decider,
                });
                break;
            case LogEntryKind.Applied:
                if (!_transactions.Remove(entry.Id, out var applied))
                {
                    throw new InvalidDataException(
                        $"Fragment {Self}: log row {number} applies {entry.Id}, which no row before has prepared.");
                }

                _effects.Add(new ApplyEffect(number, index, entry.Id, applied.Writes));
                Finish(entry.Id, isCommitted: true);
                break;
            case LogEntryKind.Dropped:
                _transactions.Remove(entry.Id);
                break;
            default:
                break;
        }
    }

    private void Stop(AnswerKind rowUnderWay, string reason)
    {
        (_state, _stopReason) = (EngineState.Stopped, reason);
        foreach (var pending in _underWay)
        {
            var kind = pending.Entry.Kind is LogEntryKind.Committed or LogEntryKind.Dirty ? rowUnderWay : AnswerKind.Gone;
            if (pending.Transaction is { } transaction)
            {
                AnswerAll(transaction, kind, reason);
            }
            else if (pending.Call != 0)
            {
                Answer(pending.Call, kind, reason);
            }
        }

        foreach (var pending in _pending.Where(pending => pending.Call != 0))
        {
            Answer(pending.Call, AnswerKind.Gone, reason);
        }

        foreach (var transaction in _transactions.Values)
        {
            AnswerAll(transaction, AnswerKind.Gone, reason);
        }

        foreach (var call in _work.Keys)
        {
            Answer(call, AnswerKind.Gone, reason);
        }

        _underWay.Clear();
        _pending.Clear();
        _work.Clear();
        _transactions.Clear();
        _effects.Add(new StoppedEffect(reason));
    }

    private void RequireRecovering()
    {
        if (_state != EngineState.Recovering)
        {
            throw new InvalidOperationException($"Fragment {Self}: it is {_state}, and takes no more of its log.");
        }
    }
}

/// <summary>The life of an activation.</summary>
internal enum EngineState
{
    Recovering,

    Opening,

    Serving,

    Retiring,

    Stopped,
}
