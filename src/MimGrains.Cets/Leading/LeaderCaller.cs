using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Leading;

// call -> gathered with the others of this silo -> one request to the leader -> answers. Another one leads, or the leader is
// gone: the same operations, with the same ids, to the next one; at once when the leader is known to be dead.
/// <summary>Asks the leader of one table for the operations of this silo. Thread-safe.</summary>
/// <param name="table">The table.</param>
/// <param name="ask">Asks a silo, which may be this one; may fail, or never end. What is asked again is done once.</param>
/// <param name="options">Those of the silo.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class LeaderCaller(
    TableHost table,
    Func<ReplicaId, WireLeadRequest, Task<WireLeadReply>> ask,
    ReplicationOptions options,
    TimeProvider time,
    ILogger logger)
{
    // So many requests are under way at once; what comes meanwhile gathers for the next one.
    private const int RequestsMost = 4;
    private const int CallsPerRequest = 512;

    // What other silos must remember of this one: beyond it callers wait until the oldest operation has its answer.
    private const int OpenCallsMost = 65_536;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LastPause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Queue<LeaderCall> _gathering = new();
    private readonly ILogger _logger = logger;
    private TaskCompletionSource? _narrowed;
    private int _requests;

    /// <summary>Completes when the leader has decided and every live replica has the decision.</summary>
    /// <exception cref="LeaderUnansweredException">There was no answer in time.</exception>
    /// <exception cref="TableUnavailableException">The silo is stopping.</exception>
    public async Task<LeaderCall> CallAsync(LeaderCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        call.DeadlineMs = NowMs() + (long)options.WriteTimeout.TotalMilliseconds;
        while (Narrowed() is { } narrowed)
        {
            await narrowed.WaitAsync(cancellationToken);
        }

        call.Id = table.Locked(replica => replica.OpenCall());
        if (Gather(call) is { } calls)
        {
            // Apart from the caller, which may be a grain: its turns are its own.
            ThreadPool.UnsafeQueueUserWorkItem(started => _ = RunAsync(started), calls, preferLocal: false);
        }

        return await call.Task.WaitAsync(cancellationToken);
    }

    private List<LeaderCall>? Gather(LeaderCall call)
    {
        lock (_gate)
        {
            _gathering.Enqueue(call);
            if (_requests == RequestsMost)
            {
                return null;
            }

            _requests++;
            return TakeGathered_NeedsGate();
        }
    }

    private List<LeaderCall> TakeGathered_NeedsGate()
    {
        List<LeaderCall> calls = [];
        var bytes = 0;
        while (calls.Count < CallsPerRequest && bytes < options.BatchMaxBytes && _gathering.TryDequeue(out var call))
        {
            bytes += call.Body.Length;
            calls.Add(call);
        }

        return calls;
    }

    private Task? Narrowed()
    {
        if (table.Replica.OpenCallsWidth < OpenCallsMost)
        {
            return null;
        }

        lock (_gate)
        {
            return (_narrowed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private async Task RunAsync(List<LeaderCall> calls)
    {
        while (calls.Count > 0)
        {
            try
            {
                await AskAsync(calls);
            }
            catch (Exception exception)
            {
                Close(calls, call => call.Fail(exception));
            }

            lock (_gate)
            {
                calls = TakeGathered_NeedsGate();
                if (calls.Count == 0)
                {
                    _requests--;
                }
            }
        }
    }

    private async Task AskAsync(List<LeaderCall> calls)
    {
        HashSet<ReplicaId> passedOver = [];
        LeaderBallot resigned = default;
        var pause = FirstPause;
        for (var isFirst = true; calls.Count > 0; isFirst = false)
        {
            var (leader, deaths) = table.Locked(replica => (replica.LeaderToAsk(passedOver), replica.DeadReplicas.Count));
            if (leader is { } asked && await TryAskAsync(asked, calls, resigned, isFirst) is { } reply)
            {
                if (reply.Role == LeaderRole.Leading)
                {
                    Answer(calls, reply.Answers);
                    return;
                }

                Learn(asked, reply, passedOver, ref resigned);
            }
            else
            {
                passedOver.Clear();
            }

            FailExpired(calls, leader);
            pause = await PauseAsync(pause, deaths);
        }
    }

    // Ends with a death: it is most often the leader's, and the next one can be asked.
    private async Task<TimeSpan> PauseAsync(TimeSpan pause, int deaths)
    {
        using var enough = new CancellationTokenSource();
        var death = table.DeathAfter(deaths);
        if (await Task.WhenAny(death, Task.Delay(pause, time, enough.Token)) == death)
        {
            await enough.CancelAsync();
            return FirstPause;
        }

        return pause * 2 < LastPause ? pause * 2 : LastPause;
    }

    // Null when there is no answer: asked again.
    private async Task<WireLeadReply?> TryAskAsync(ReplicaId leader, List<LeaderCall> calls, LeaderBallot resigned, bool isFirst)
    {
        var request = table.Locked(replica => new WireLeadRequest(
            table.Name,
            replica.Self.Value,
            replica.FirstOpenCall,
            WireBallot.From(resigned),
            isFirst ? [] : [.. replica.DeadReplicas.Select(dead => dead.Value)],
            [.. calls.Select(call => call.ToWire())]));
        var timeLeft = TimeSpan.FromMilliseconds(Math.Max(1, calls[0].DeadlineMs - NowMs()));
        try
        {
            return await UnlessDeadAsync(leader, ask(leader, request)).WaitAsync(timeLeft, time);
        }
        catch (WriteNotAcknowledgedException exception)
        {
            Close(calls, call => call.Fail(new LeaderUnansweredException(
                table.Name, leader.Value, exception.MissingSilos, options.WriteTimeout)));
            calls.Clear();
            return null;
        }
        catch (Exception exception)
        {
            // The leader is gone, or on its way there. Asking again does nothing twice.
            LogNoAnswer(_logger, table.Name, leader.Value, exception.Message);
            return null;
        }
    }

    // The answer of a silo that is known to be dead is not waited for, whatever carries the question.
    private async Task<WireLeadReply> UnlessDeadAsync(ReplicaId leader, Task<WireLeadReply> asking)
    {
        while (!asking.IsCompleted)
        {
            var (isDead, deaths) = table.Locked(replica => (replica.IsDead(leader), replica.DeadReplicas.Count));
            if (isDead)
            {
                Forget(asking);
                throw new TableUnavailableException(table.Name, $"{leader.Value} is dead");
            }

            await Task.WhenAny(asking, table.DeathAfter(deaths));
        }

        return await asking;
    }

    private static void Forget(Task task) =>
        _ = task.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private void Learn(ReplicaId asked, WireLeadReply reply, HashSet<ReplicaId> passedOver, ref LeaderBallot resigned)
    {
        table.Locked(replica =>
        {
            replica.NoteBallot(reply.Ballot.ToBallot());
            return true;
        });
        if (reply.Role is LeaderRole.Resigned or LeaderRole.NotReady)
        {
            passedOver.Add(asked);
            resigned = reply.Role == LeaderRole.Resigned ? reply.Ballot.ToBallot() : resigned;
        }
        else
        {
            passedOver.Clear();
        }
    }

    private void Answer(List<LeaderCall> calls, WireLeaderAnswer[] answers)
    {
        var next = 0;
        Close(calls, call =>
        {
            var answer = answers[next++];
            if (answer.Verdict == DecisionVerdict.Refused)
            {
                call.Fail(new TableUnavailableException(table.Name, "this silo is declared dead"));
            }
            else
            {
                call.Answer(answer);
            }
        });
    }

    private void FailExpired(List<LeaderCall> calls, ReplicaId? leader)
    {
        var now = NowMs();
        var expired = calls.Where(call => call.DeadlineMs <= now || table.ClosedReason is not null).ToList();
        calls.RemoveAll(expired.Contains);
        Close(expired, call => call.Fail(table.ClosedReason is { } reason
            ? new TableUnavailableException(table.Name, reason)
            : new LeaderUnansweredException(table.Name, leader?.Value ?? "nobody", [], options.WriteTimeout)));
    }

    // The ids are closed before anybody is told: whoever calls next does not ask others to remember them.
    private void Close(List<LeaderCall> calls, Action<LeaderCall> settle)
    {
        if (calls.Count == 0)
        {
            return;
        }

        table.Locked(replica =>
        {
            calls.ForEach(call => replica.CloseCall(call.Id));
            return true;
        });
        TaskCompletionSource? narrowed;
        lock (_gate)
        {
            narrowed = _narrowed;
            _narrowed = null;
        }

        narrowed?.SetResult();
        calls.ForEach(settle);
    }

    private long NowMs() => time.GetTimestamp() * 1_000 / time.TimestampFrequency;

    [LoggerMessage(CetsEventId.LeaderNoAnswer, LogLevel.Information,
        "Table {Table}: no answer of the leader {Leader}, asking again: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string table, string leader, string reason);
}
