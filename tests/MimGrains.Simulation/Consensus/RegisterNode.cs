using MimGrains.Core.Consensus;
using MimGrains.Core.Identity;

namespace MimGrains.Simulation.Consensus;

/// <summary>One node: its acceptor on its disk, its proposer, and the operation that it has under way.</summary>
internal sealed partial class RegisterNode
{
    private readonly RegisterCluster _cluster;
    private readonly Queue<(RegisterRequest Request, Action<RegisterReply> Answer)> _waiting = new();
    private int _run;
    private bool _isLost;
    private ulong _lostStore;

    public RegisterNode(RegisterCluster cluster, NodeName name, IReadOnlyList<NodeName> listed, bool hasSlowDisk)
    {
        (_cluster, Name, Listed) = (cluster, name, listed);
        Disk = new SimDisk(cluster.Scheduler, cluster.Random) { IsSlow = hasSlowDisk };
        Start();
    }

    public NodeName Name { get; }

    public SimDisk Disk { get; }

    public bool IsUp { get; private set; }

    /// <summary>The list as this node sees it.</summary>
    public IReadOnlyList<NodeName> Listed { get; set; }

    /// <summary>What is on the disk; answers are given from it alone.</summary>
    public Acceptor Acceptor { get; private set; } = null!;

    public Proposer Proposer { get; private set; } = null!;

    public void Start()
    {
        IsUp = true;
        _run++;
        Proposer = new Proposer(_cluster.Fault == RegisterFault.BallotsAreUsedAgain ? Name.Value : $"{Name}/{_run}");
        if (Disk.Load() is { } saved)
        {
            Acceptor = saved;
        }
        else
        {
            var store = _lostStore != 0 ? _lostStore : _cluster.Random.NextUInt64() | 1;
            Acceptor = Acceptor.New(store, _isLost);
            SaveThen(Acceptor, () => { });
        }

        if (_cluster.Fault != RegisterFault.BallotsAreUsedAgain)
        {
            Proposer.Observe(Acceptor);
        }

        _cluster.Scheduler.Log(
            $"{Name} STARTS with {Acceptor.Store} promised {Acceptor.Promised} accepted {Acceptor.Accepted}");
        var run = _run;
        _cluster.Scheduler.After(_cluster.Random.Between(0, 20_000), () => Live(run));
        _cluster.Scheduler.After(_cluster.Random.Between(0, 100_000), () => Keep(run));
    }

    public void Crash()
    {
        _cluster.Scheduler.Log($"{Name} CRASHES");
        IsUp = false;
        _run++;
        _operation = null;
        _waiting.Clear();
        Disk.Crash();
    }

    /// <summary>The disk is gone. The node may know that by something else that is left, or take itself for
    /// new.</summary>
    public void LoseStore(bool knows)
    {
        _cluster.Scheduler.Log($"{Name} LOSES its store, and {(knows ? "knows" : "does not know")}");
        _isLost = knows;
        _lostStore = _cluster.Fault == RegisterFault.LostStoreKeepsItsNumber ? Acceptor.Store : 0;
        Acceptor = Acceptor.New(Acceptor.Store, knows);
        Disk.Lose();
    }

    /// <summary>Takes a request from the network, or from this node itself.</summary>
    public void OnRequest(RegisterRequest request, Action<RegisterReply> answer)
    {
        _waiting.Enqueue((request, answer));
        AnswerNext();
    }

    private void AnswerNext()
    {
        while (!Disk.IsBusy && _waiting.TryDequeue(out var next))
        {
            var (request, answer) = next;
            var (after, reply) = Acceptor.On(request, Listed, []);
            if (ReferenceEquals(after, Acceptor))
            {
                answer(reply);
            }
            else if (_cluster.Fault == RegisterFault.AnsweredBeforeSaved)
            {
                Acceptor = after;
                answer(reply);
                SaveThen(after, AnswerNext);
            }
            else
            {
                SaveThen(after, () =>
                {
                    Acceptor = after;
                    answer(reply);
                    AnswerNext();
                });
            }
        }
    }

    private void SaveThen(Acceptor state, Action then) => Disk.Save(state, then);
}
