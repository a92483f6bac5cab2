using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Transactions;

/// <summary>Makes the calls that the plan of an attempt asks for, until nothing is left to be done. Thread-safe.</summary>
internal sealed class PlanConversation(
    TransactionPlan plan, FragmentCaller caller, TransactionLedger ledger, TimeProvider time, bool isSync)
{
    private static readonly TimeSpan AgainFirst = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan AgainMost = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _again = AgainFirst;

    public TransactionPlan Plan => plan;

    /// <summary>Completes when the verdict is there.</summary>
    public Task Decided => _decided.Task;

    /// <summary>Completes when every fragment has done what was decided.</summary>
    public Task Settled => _settled.Task;

    /// <summary>What was asked last, for people.</summary>
    public string WaitsFor { get; private set; } = "nothing";

    public bool Holds(FragmentId fragment, IReadOnlyList<LockWish> locks)
    {
        lock (_gate)
        {
            return plan.Holds(fragment, locks);
        }
    }

    /// <summary>Takes locks.</summary>
    /// <exception cref="TransactionRestartException">The attempt is over.</exception>
    public async Task<FragmentReply> AcquireAsync(
        FragmentId fragment, IReadOnlyList<LockWish> locks, CancellationToken cancellationToken)
    {
        PlannedCall call;
        lock (_gate)
        {
            ThrowIfOver();
            call = plan.Acquire(fragment, locks);
            WaitsFor = $"a lock in {fragment}";
        }

        var reply = await MakeAsync(call).WaitAsync(cancellationToken);
        ThrowIfOver();
        return reply ?? throw new TransactionRestartException(plan.Reason);
    }

    /// <summary>Commits; the verdict comes with <see cref="Decided"/>.</summary>
    public void Commit(
        IReadOnlyDictionary<FragmentId, IReadOnlyList<FragmentWrite>> writes,
        Func<FragmentId, long> epochOf,
        Predicate<FragmentId> isStored)
    {
        lock (_gate)
        {
            WaitsFor = "the commit";
        }

        Run(() => plan.Verdict == TransactionVerdict.Open ? plan.Commit(writes, epochOf, isStored) : []);
    }

    /// <summary>Aborts, unless the decision is under way.</summary>
    public void Abort(string reason) => Run(() => plan.Abort(reason));

    /// <summary>Tells the fragments that the transaction goes on.</summary>
    public void Renew()
    {
        FragmentId[] fragments;
        lock (_gate)
        {
            fragments = plan.Verdict == TransactionVerdict.Open ? [.. plan.Fragments] : [];
        }

        foreach (var fragment in fragments)
        {
            _ = TryAsync(fragment, new FragmentRequest
            {
                Kind = FragmentRequestKind.Renew,
                Sender = caller.Self,
                Coordinator = plan.Id.Coordinator.Value,
                Number = plan.Id.Number,
            });
        }
    }

    private void ThrowIfOver()
    {
        if (plan.Verdict != TransactionVerdict.Open)
        {
            throw new TransactionRestartException(plan.Reason);
        }
    }

    private void Run(Func<IReadOnlyList<PlannedCall>> step)
    {
        IReadOnlyList<PlannedCall> calls;
        bool isDecided;
        bool isSettled;
        lock (_gate)
        {
            calls = step();
            isDecided = plan.Verdict != TransactionVerdict.Open;
            isSettled = plan.IsSettled;
        }

        foreach (var call in calls)
        {
            _ = MakeAsync(call);
        }

        if (isDecided)
        {
            _decided.TrySetResult();
        }

        if (isSettled && _settled.TrySetResult())
        {
            ledger.Close(plan.Id);
        }
    }

    private async Task<FragmentReply?> MakeAsync(PlannedCall call)
    {
        if (call.Kind == PlannedCallKind.AskOutcome || (call.Kind == PlannedCallKind.Resolve && _again > AgainFirst))
        {
            await Task.Delay(_again, time);
        }

        var request = FragmentRequest.Of(call, caller.Self, ledger.FirstOpen, isSync);
        if (!call.HasAnswer)
        {
            await TryAsync(call.To, request);
            return null;
        }

        FragmentReply reply;
        try
        {
            reply = await caller.AskAsync(call.To, request);
        }
        catch (NoSuchTableException exception) when (call.Kind == PlannedCallKind.Commit)
        {
            // The table is deleted: the fragment was not even opened, and nobody would ever say what has become of a commit there.
            Run(() => plan.OnAnswer(call, AnswerKind.Gone, epoch: 0, exception.Message));
            return null;
        }
        catch (Exception exception)
        {
            // The silo of the fragment is gone, or on its way there.
            SlowDown();
            Run(() => plan.OnNoAnswer(call, exception.Message));
            return null;
        }

        if (reply.Kind is AnswerKind.Gone or AnswerKind.Unknown or AnswerKind.Unavailable)
        {
            SlowDown();
        }

        Run(() => plan.OnAnswer(call, reply.Kind, reply.Epoch, reply.Detail));
        return reply;
    }

    private void SlowDown() => _again = _again * 2 < AgainMost ? _again * 2 : AgainMost;

    private async Task TryAsync(FragmentId fragment, FragmentRequest request)
    {
        try
        {
            await caller.AskAsync(fragment, request);
        }
        catch (Exception)
        {
            // Nobody waits for it: a fragment that is gone has no locks, and one that is left alone drops them in time.
        }
    }
}

/// <summary>An attempt is over, and another one may follow. Passes through the body of the transaction.</summary>
internal sealed class TransactionRestartException(string reason) : Exception(reason);
