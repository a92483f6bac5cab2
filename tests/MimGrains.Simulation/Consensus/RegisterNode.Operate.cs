using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;
using MimGrains.Core.Membership;

namespace MimGrains.Simulation.Consensus;

internal sealed partial class RegisterNode
{
    private const long CallTimeoutMicros = 150_000;

    private RegisterOperation? _operation;
    private SimOperation? _user;
    private RegisterChange? _userChange;
    private int _attempt;
    private int _made;

    // A user's operation now and then; one at a time, as the adapter does.
    private void Live(int run)
    {
        if (run != _run)
        {
            return;
        }

        if (_operation is null && _cluster.IsBusy)
        {
            Begin();
        }

        _cluster.Scheduler.After(_cluster.Random.Between(5_000, 60_000), () => Live(run));
    }

    private void Keep(int run)
    {
        if (run != _run)
        {
            return;
        }

        if (_operation is null)
        {
            _user = _cluster.History.Call($"{Name}.{_run}.configure", isChange: false);
            Begin(OperationGoal.Configure, null);
        }

        _cluster.Scheduler.After(_cluster.Random.Between(30_000, 200_000), () => Keep(run));
    }

    private void Begin()
    {
        var name = $"{Name}.{_run}.{++_made}";
        var isChange = _cluster.Random.Chance(70);
        _user = _cluster.History.Call(name, isChange);
        _userChange = isChange ? Change(name) : null;
        Begin(isChange ? OperationGoal.Change : OperationGoal.Read, _userChange);
    }

    private void Begin(OperationGoal goal, RegisterChange? change)
    {
        _operation = new RegisterOperation(Proposer, goal, Context(), change);
        Attempt();
    }

    private OperationContext Context() =>
        new(Listed, _cluster.AllowsJumps, _cluster.Random.NextUInt64(), SimContent.Empty.Encode());

    private void Attempt()
    {
        _attempt++;
        Send(_operation!.Begin());
        Settle();
    }

    private void Send(IReadOnlyList<AddressedRequest> requests)
    {
        var (run, attempt) = (_run, _attempt);
        foreach (var (to, request) in requests)
        {
            if (_cluster.Forged(this, to, request) is { } forged)
            {
                _cluster.Scheduler.After(1, () => Receive(run, attempt, to, forged));
                continue;
            }

            _cluster.Carry(this, to, request, reply => Receive(run, attempt, to, reply));
            _cluster.Scheduler.After(CallTimeoutMicros, () =>
            {
                if (run == _run && attempt == _attempt && _operation is not null)
                {
                    Send(_operation.OnNoReply(to, request));
                    Settle();
                }
            });
        }
    }

    // Answers to earlier attempts still teach the proposer.
    private void Receive(int run, int attempt, NodeName from, RegisterReply reply)
    {
        if (run != _run)
        {
            return;
        }

        if (attempt != _attempt || _operation is null)
        {
            Proposer.Observe(reply);
            return;
        }

        Send(_operation.OnReply(from, reply));
        if (_operation is { Goal: OperationGoal.Read } && reply is { Kind: RequestKind.Read, Value: { } value }
            && _cluster.Fault == RegisterFault.OneReaderIsEnough)
        {
            End(value, hasChanged: false);
            return;
        }

        Settle();
    }

    private void Settle()
    {
        switch (_operation?.State)
        {
            case OperationState.Done:
                _cluster.Scheduler.Log(
                    $"{Name} done {_user?.Name}: {_operation.Value!.Revision} {_operation.Value.Configuration}");
                End(_operation.Value!, _operation.HasChanged);
                break;
            case OperationState.Again:
                Pause();
                break;
            case OperationState.Failed:
                throw new InvariantException($"{Name}: {_operation.Problem}");
            default:
                break;
        }
    }

    private void End(RegisterValue value, bool hasChanged)
    {
        var user = _user;
        (_operation, _user) = (null, null);
        if (user is not null)
        {
            _cluster.History.Return(user, value, hasChanged);
        }
    }

    // Now and then a user does not wait any longer: what was asked for may still come true.
    private void Pause()
    {
        var (run, attempt) = (_run, ++_attempt);
        if (_operation!.Goal == OperationGoal.Configure ? _operation.Problem is not null : _cluster.Random.Chance(5))
        {
            (_operation, _user) = (null, null);
            return;
        }

        _cluster.Scheduler.After(_cluster.Random.Between(500, 30_000), () =>
        {
            if (run != _run || attempt != _attempt)
            {
                return;
            }

            if (_cluster.Fault == RegisterFault.TriedAgainIsDoneAgain && _operation!.Goal == OperationGoal.Change)
            {
                _operation = new RegisterOperation(Proposer, OperationGoal.Change, Context(), _userChange);
            }

            Attempt();
        });
    }

    /// <summary>One of the operations of the membership, by the table as it is found; it leaves its name in the
    /// content.</summary>
    private RegisterChange Change(string name)
    {
        var (kind, silo, seen) = (_cluster.Random.Between(1, 12), $"{Name}:{_run}", _cluster.History.LatestRevision);
        return (found, _) =>
        {
            if (found is null)
            {
                return null;
            }

            var content = SimContent.Decode(found.Content);
            var (table, now) = (content.Table, _cluster.Scheduler.NowMicros);
            var next = kind switch
            {
                <= 3 => table.Register(Name, "10.0.0.1", _run, now),
                <= 5 => table.Insert(Row(silo), kind == 4 ? table.Version : seen),
                <= 8 => table.Update(
                    Row(silo) with { Status = (int)kind }, table.Find(silo)?.Version ?? -1, table.Version),
                9 => table.Cleanup(now, row => row.AliveTicks),
                10 => table.Reserve(silo, table.Reserved),
                11 => table.Bury(new HashSet<string> { silo }),
                _ => table,
            };
            if (next is null)
            {
                return found;
            }

            var after = new SimContent([.. content.Done, name], next.Observe(found.Configuration.Nodes, now));
            return found with { Content = after.Encode() };
        };
    }

    private MembershipRow Row(string silo) => new()
    {
        Silo = silo,
        Generation = _run,
        Name = Name.Value,
        HostName = "host",
        Status = 2,
        GatewayPort = 30_000,
        StartTicks = 1,
        AliveTicks = 1,
    };
}
