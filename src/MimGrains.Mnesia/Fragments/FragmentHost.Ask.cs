using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Mnesia.Fragments;

// request -> engine -> an answer at once, behind the log, or when locks are free.
internal sealed partial class FragmentHost
{
    /// <summary>Asks the engine; the answer may take as long as locks are held, or the log needs.</summary>
    public Task<FragmentReply> AskAsync(FragmentRequest request)
    {
        if (isDead(new ReplicaId(request.Sender)))
        {
            return Task.FromResult(Refusal());
        }

        lock (_gate)
        {
            var answer = Begin_NeedsGate(request, out _);
            Drain_NeedsGate();
            return answer;
        }
    }

    /// <summary>Asks the engine what another silo has gathered: what can be committed goes into one row.</summary>
    public async Task<FragmentReply[]> AskManyAsync(FragmentRequest[] requests)
    {
        if (isDead(new ReplicaId(requests[0].Sender)))
        {
            return [.. requests.Select(_ => Refusal())];
        }

        var answers = new Task<FragmentReply>[requests.Length];
        lock (_gate)
        {
            var numbers = new long[requests.Length];
            for (var index = 0; index < requests.Length; index++)
            {
                answers[index] = Begin_NeedsGate(requests[index], out numbers[index]);
            }

            Drain_NeedsGate();
            for (var index = 0; index < requests.Length; index++)
            {
                if (_engine.IsWaiting(numbers[index]))
                {
                    _tickets.Add(numbers[index], answers[index]);
                    answers[index] = Task.FromResult(
                        new FragmentReply(AnswerKind.Unknown, owner.Epoch, "waits for locks", [], default, numbers[index]));
                }
            }
        }

        return await Task.WhenAll(answers);
    }

    /// <summary>Returns the answer to a call that waited for locks.</summary>
    /// <exception cref="FragmentGoneException">There is no such call.</exception>
    public Task<FragmentReply> AwaitAsync(long ticket)
    {
        lock (_gate)
        {
            return _tickets.Remove(ticket, out var answer)
                ? answer
                : throw new FragmentGoneException($"Fragment {id}: nobody waits with ticket {ticket}.");
        }
    }

    private Task<FragmentReply> Begin_NeedsGate(FragmentRequest request, out long number)
    {
        number = ++_lastCall;
        if (request.Kind == FragmentRequestKind.Read)
        {
            return ReadAsync(request.Locks, AnswerKind.Granted, "");
        }

        if (request.Kind == FragmentRequestKind.Scan)
        {
            return store.IsScanned ? ScanAsync(request.Locks[0].Key) : Task.FromResult(
                new FragmentReply(AnswerKind.Gone, owner.Epoch, "its records are in copies now", [], default));
        }

        if (request.Kind == FragmentRequestKind.Part)
        {
            var isNext = _engine.IsServing && _staged.Add(request.Id, request.Parts, request.Writes, NowMs());
            return Task.FromResult(isNext
                ? new FragmentReply(AnswerKind.Granted, owner.Epoch, "", [], default)
                : new FragmentReply(AnswerKind.Gone, owner.Epoch, $"part {request.Parts} of the writes is not the next", [], default));
        }

        if (request.FirstOpen > 0)
        {
            _engine.Close(new ReplicaId(request.Sender), request.FirstOpen);
        }

        if (!request.HasAnswer)
        {
            Ask_NeedsGate(number, request);
            return Task.FromResult(new FragmentReply(AnswerKind.Resolved, owner.Epoch, "", [], default));
        }

        var waiting = new Waiting(request);
        _calls.Add(number, waiting);
        Ask_NeedsGate(number, request);
        return waiting.Task;
    }

    // Apart from the gate: it takes as long as reading pages does.
    private async Task<FragmentReply> ScanAsync(byte[]? after)
    {
        await Task.Yield();
        ReadOnlyMemory<byte>? behind = null;
        if (after is not null)
        {
            behind = after;
        }

        var records = await store.ScanAsync(behind, CancellationToken.None);
        return new FragmentReply(AnswerKind.Granted, owner.Epoch, "", records, default);
    }

    private void Ask_NeedsGate(long number, FragmentRequest request)
    {
        if (request.Kind == FragmentRequestKind.Renew)
        {
            _engine.Renew(request.Id, NowMs());
            return;
        }

        var wire = request.Parts == 0 ? request.Writes : _staged.Take(request.Id, request.Parts, request.Writes);
        if (wire is null)
        {
            Answer_NeedsGate(new AnswerEffect(number, AnswerKind.Gone, owner.Epoch, "parts of the writes are missing"));
            return;
        }

        FragmentWrite[] writes = [.. wire.Select(write => write.ToWrite())];
        if (request.Kind == FragmentRequestKind.Write)
        {
            _engine.Write(number, writes);
            return;
        }

        switch (request.Planned)
        {
            case PlannedCallKind.Acquire:
                _engine.Acquire(request.ToCall(number, NowMs()), [.. request.Locks.Select(wish => wish.ToWish())]);
                break;
            case PlannedCallKind.Validate:
                _engine.Validate(request.ToCall(number, NowMs()));
                break;
            case PlannedCallKind.Prepare:
                _engine.Prepare(request.ToCall(number, NowMs()), writes, request.Decider.ToId());
                break;
            case PlannedCallKind.Commit:
                _engine.Commit(
                    request.ToCall(number, NowMs()), writes, [.. request.Participants.Select(participant => participant.ToId())]);
                break;
            case PlannedCallKind.Resolve:
                _engine.Resolve(number, request.Id, request.IsCommitted);
                break;
            case PlannedCallKind.Release:
                _staged.Drop(request.Id);
                _engine.Release(request.Id);
                break;
            case PlannedCallKind.AskOutcome:
                _engine.AskOutcome(number, request.Id);
                break;
            default:
                _engine.Acknowledge(request.Id, request.Participants[0].ToId());
                break;
        }
    }

    private FragmentReply Refusal() => new(AnswerKind.Gone, owner.Epoch, "the silo that asks is declared dead", [], default);

    private sealed class Waiting(FragmentRequest request)
    {
        private readonly TaskCompletionSource<FragmentReply> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public FragmentRequest Request => request;

        public Task<FragmentReply> Task => _done.Task;

        public async Task FollowAsync(Task<FragmentReply> reply)
        {
            try
            {
                _done.TrySetResult(await reply);
            }
            catch (Exception exception)
            {
                _done.TrySetException(exception);
            }
        }
    }
}
