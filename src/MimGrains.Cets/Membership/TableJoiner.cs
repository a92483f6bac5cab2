using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Membership;

/// <summary>
/// Joins one table of this silo with those of the others, as its <see cref="JoinPlan"/> says: sends what the plan wants sent, and
/// tells it what comes back. One for each table, used once.
/// </summary>
internal sealed partial class TableJoiner(
    TableHost table,
    LiveSilos silos,
    ReplicaServiceClient services,
    ReplicationCarrier carrier,
    ILogger logger)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainPeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(2);

    private readonly List<Task> _greetings = [];
    private readonly ILogger _logger = logger;
    private TableDefinitionMismatchException? _mismatch;

    /// <summary>Completes when the replica is ready.</summary>
    /// <exception cref="TableDefinitionMismatchException">An active silo defines the table differently.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        LogJoinBegun(_logger, table.Name);
        var sinceProgress = started;
        while (NextStep() is var step and not JoinStep.Done)
        {
            await TakeStepAsync(step, cancellationToken);
            if (Stopwatch.GetElapsedTime(sinceProgress) > ProgressPeriod)
            {
                sinceProgress = Stopwatch.GetTimestamp();
                LogJoinWaits(_logger, table.Name, string.Join(", ", table.Locked(_ => table.JoinPlan.Awaited)), step);
            }
        }

        table.BecomeReady();
        LogJoined(_logger, table.Name, table.Replica.Count, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    // What membership and the replica have learned meanwhile comes first: the plan must not decide without it.
    private JoinStep NextStep() => table.Locked(replica =>
    {
        foreach (var silo in silos.Others())
        {
            table.JoinPlan.OnMember(silo);
        }

        // Of this view too, and after the live ones: the notices of deaths come on their own way. Who goes first must know all
        // the dead before it, or what the others have of them comes back on some silos only.
        replica.NoteDeaths(silos.Gone());
        foreach (var dead in replica.DeadReplicas)
        {
            table.JoinPlan.OnDead(dead);
        }

        if (table.JoinPlan.Next() == JoinStep.BecomeFirst)
        {
            replica.BecomeReady();
            table.JoinPlan.OnReady();
        }

        return table.JoinPlan.Next();
    });

    private async Task TakeStepAsync(JoinStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case JoinStep.SayHello:
                foreach (var (silo, attempt) in table.Locked(_ => table.JoinPlan.TakeHellos()))
                {
                    _greetings.Add(GreetAsync(silo, attempt, cancellationToken));
                }

                break;
            case JoinStep.AskForDump:
                await TakeDumpAsync(table.Locked(_ => table.JoinPlan.TakeDumpSource()), cancellationToken);
                break;
            case JoinStep.Pause:
                await Task.Delay(LookAgainPeriod, cancellationToken);
                table.Locked(_ => table.JoinPlan.AskAgain());
                break;
            default:
                // Looked at again without an answer too: who should give it may be dead.
                await Task.WhenAny([.. _greetings, Task.Delay(LookAgainPeriod, cancellationToken)]);
                cancellationToken.ThrowIfCancellationRequested();
                _greetings.RemoveAll(greeting => greeting.IsCompleted);
                break;
        }

        if (_mismatch is { } mismatch)
        {
            throw mismatch;
        }
    }

    private async Task GreetAsync(ReplicaId silo, long attempt, CancellationToken cancellationToken)
    {
        try
        {
            var dead = table.Locked(replica => replica.DeadReplicas).Select(id => id.Value);
            var hello = new WireHello(table.Name, table.Replica.Self.Value, attempt, table.Description, [.. dead], table.Replica.LastSequence);
            var reply = await services.Of(silo).Hello(hello).WaitAsync(AnswerTimeout, cancellationToken);
            OnAnswer(silo, attempt, reply);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await AskAgainLaterAsync(silo, attempt, exception.Message, cancellationToken);
        }
    }

    private void OnAnswer(ReplicaId silo, long attempt, WireHelloReply reply)
    {
        switch (reply.Outcome)
        {
            case HelloOutcome.Welcome:
                Welcome(silo, attempt, reply);
                break;
            case HelloOutcome.NoSuchTable:
                table.Locked(_ => table.JoinPlan.OnWithoutTable(silo, attempt));
                break;
            case HelloOutcome.OtherDefinition:
                _mismatch = new TableDefinitionMismatchException(
                    table.Name, table.Replica.Self.Value, table.Description, silo.Value, reply.Definition);
                break;
            case HelloOutcome.Refused:
                throw new InvalidOperationException("it holds this silo for dead, or a later hello came before");
        }
    }

    private void Welcome(ReplicaId silo, long attempt, WireHelloReply reply)
    {
        var counts = table.LockedAndComplete(replica =>
        {
            if (!table.JoinPlan.OnHelloReply(silo, attempt, reply.IsReady))
            {
                return false;
            }

            replica.OnHelloReply(silo, new HelloReply(
                reply.Sequence,
                reply.IsReady,
                [.. reply.Dead.Select(dead => new ReplicaId(dead))],
                reply.Ballot.ToBallot(),
                reply.PastAttempt));
            return true;
        });
        if (counts)
        {
            // Before this silo is ready, and so before any writer: whoever has paused it does not tell those who come.
            table.SetPauses(silo, reply.Pauses);
            carrier.Connect(silo);
        }
    }

    private async Task AskAgainLaterAsync(ReplicaId silo, long attempt, string reason, CancellationToken cancellationToken)
    {
        LogJoinRetried(_logger, table.Name, silo.Value, reason);
        await Task.Delay(LookAgainPeriod, cancellationToken);
        table.Locked(_ => table.JoinPlan.OnHelloFailed(silo, attempt));
    }
}
