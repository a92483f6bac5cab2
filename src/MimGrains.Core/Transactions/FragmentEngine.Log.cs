namespace MimGrains.Core.Transactions;

public sealed partial class FragmentEngine
{
    private const int RowEntriesMost = 1_024;
    private const int RowBytesMost = 512 * 1_024;

    private readonly List<PendingEntry> _pending = [];
    private List<PendingEntry> _underWay = [];

    /// <summary>Returns the number of the last row that is known to be in the log.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Whether a row is on its way to the log.</summary>
    public bool IsAppending => _underWay.Count > 0;

    /// <summary>The row of the last <see cref="AppendEffect"/> is in the log.</summary>
    public void OnAppended(long number)
    {
        RequireUnderWay(number);
        LastNumber = number;
        var row = _underWay;
        _underWay = [];
        for (var index = 0; index < row.Count; index++)
        {
            Count(number, index, row[index]);
        }

        if (_state == EngineState.Retiring)
        {
            Stop(AnswerKind.Gone, StateText);
        }

        Pump();
    }

    /// <summary>The row of the last <see cref="AppendEffect"/> is surely not in the log, and will not be.</summary>
    public void OnAppendFailed(long number, string reason)
    {
        RequireUnderWay(number);
        var row = _underWay;
        _underWay = [];
        foreach (var pending in row)
        {
            switch (pending)
            {
                case { Entry.Kind: LogEntryKind.Committed, Transaction: { } committing }:
                    Drop(committing, AnswerKind.Unavailable, reason);
                    break;
                case { Entry.Kind: LogEntryKind.Prepared, Transaction: { } preparing }:
                    Drop(preparing, preparing.IsAborted ? AnswerKind.Resolved : AnswerKind.Unavailable, reason);
                    break;
                case { Entry.Kind: LogEntryKind.Applied, Transaction: { } applying }:
                    applying.Phase = TransactionPhase.Prepared;
                    AnswerAll(applying, AnswerKind.Unavailable, reason);
                    break;
                case { Entry.Kind: LogEntryKind.Dropped }:
                    _pending.Insert(0, pending);
                    break;
                case { Entry.Kind: LogEntryKind.Dirty }:
                    Answer(pending.Call, AnswerKind.Unavailable, reason);
                    break;
                default:
                    Stop(AnswerKind.Gone, reason);
                    return;
            }
        }

        if (_state == EngineState.Retiring)
        {
            Stop(AnswerKind.Gone, StateText);
        }

        Pump();
    }

    /// <summary>
    /// Nobody knows whether the row of the last <see cref="AppendEffect"/> is in the log, or it has another
    /// activation's row in its place: this activation is at its end, the next one looks.
    /// </summary>
    public void OnAppendUnknown(long number, string reason)
    {
        RequireUnderWay(number);
        Stop(AnswerKind.Unknown, reason);
    }

    // Entries that wait for nobody go with the next row: a recovery without them asks the decider once more.
    private void Pump()
    {
        if (_underWay.Count > 0 || _state is not (EngineState.Opening or EngineState.Serving)
            || !_pending.Exists(pending => pending.Entry.Kind != LogEntryKind.Dropped))
        {
            return;
        }

        var (count, bytes) = (0, 0);
        while (count < _pending.Count && count < RowEntriesMost && bytes < RowBytesMost)
        {
            foreach (var write in _pending[count].Entry.Writes)
            {
                bytes += write.Key.Length + write.Record.Length;
            }

            count++;
        }

        _underWay = _pending.GetRange(0, count);
        _pending.RemoveRange(0, count);
        _effects.Add(new AppendEffect(LastNumber + 1, [.. _underWay.Select(pending => pending.Entry)]));
    }

    // An entry is in the log: from now on it counts.
    private void Count(long number, int index, PendingEntry pending)
    {
        switch (pending)
        {
            case { Entry.Kind: LogEntryKind.Committed, Transaction: { } committed }:
                _effects.Add(new ApplyEffect(number, index, committed.Id, committed.Writes));
                NoteCommitted(committed.Id, committed.Participants);
                End(committed, AnswerKind.Committed);
                break;
            case { Entry.Kind: LogEntryKind.Prepared, Transaction: { IsAborted: true } aborted }:
                AnswerAll(aborted, AnswerKind.Resolved, "");
                DropPrepared(aborted);
                break;
            case { Entry.Kind: LogEntryKind.Prepared, Transaction: { } prepared }:
                prepared.Phase = TransactionPhase.Prepared;
                AnswerAll(prepared, AnswerKind.Prepared, "");
                break;
            case { Entry.Kind: LogEntryKind.Applied, Transaction: { } applied }:
                _effects.Add(new ApplyEffect(number, index, applied.Id, applied.Writes));
                Finish(applied.Id, isCommitted: true);
                End(applied, AnswerKind.Resolved);
                break;
            case { Entry.Kind: LogEntryKind.Dirty }:
                _effects.Add(new ApplyEffect(number, index, default, pending.Entry.Writes));
                Answer(pending.Call, AnswerKind.Written, "");
                break;
            case { Entry.Kind: LogEntryKind.Opened } when _state == EngineState.Opening:
                _state = EngineState.Serving;
                _effects.Add(new OpenedEffect());
                break;
            default:
                break;
        }
    }

    // Whoever gets the locks reads what is applied before.
    private void End(FragmentTransaction transaction, AnswerKind answer)
    {
        _transactions.Remove(transaction.Id);
        AnswerAll(transaction, answer, "");
        Continue(_locks.Release(transaction.Id));
    }

    private void RequireUnderWay(long number)
    {
        if (_underWay.Count == 0 || number != LastNumber + 1)
        {
            throw new InvalidOperationException(
                $"Fragment {Self}: row {number} ended, but {(_underWay.Count == 0 ? "no row" : $"row {LastNumber + 1}")} is under way.");
        }
    }
}
