using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>A silo: it holds fragments, and coordinates the transactions of its users.</summary>
internal sealed class SimSilo(TransactionCluster cluster, ReplicaId id)
{
    private const long CallTimeoutMicros = 120_000;
    private const long KeepPeriodMicros = 20_000;
    private const int RunsMost = 3;

    private readonly HashSet<ReplicaId> _dead = [];
    private readonly SortedDictionary<FragmentId, SimFragment> _fragments = [];
    private readonly Dictionary<FragmentId, long> _retiredThrough = [];
    private readonly Dictionary<FragmentId, long> _epochs = [];
    private readonly Dictionary<FragmentId, SimSilo> _places = [];
    private readonly SortedDictionary<long, SimRun> _open = [];
    private long _lastNumber;
    private int _runs;

    public ReplicaId Id => id;

    public bool IsUp { get; set; } = true;

    public bool IsDeclaredDead { get; set; }

    public IReadOnlyCollection<ReplicaId> Dead => _dead;

    public bool Knows(ReplicaId dead) => _dead.Contains(dead);

    public long FirstOpen => _open.Count > 0 ? _open.First().Key : _lastNumber + 1;

    public void Start()
    {
        Work();
        Keep();
    }

    public void OnDead(ReplicaId dead)
    {
        _dead.Add(dead);
        foreach (var fragment in _fragments.Values.ToList())
        {
            fragment.OnDead(dead);
        }
    }

    public TransactionPlan Begin(SimRun run, TransactionAge? age)
    {
        var attempt = new TransactionId(id, ++_lastNumber);
        _open.Add(_lastNumber, run);
        return new TransactionPlan(attempt, age ?? new TransactionAge(cluster.Scheduler.NowMicros, attempt));
    }

    public void Close(TransactionId attempt) => _open.Remove(attempt.Number);

    public void OnRunEnded() => _runs--;

    public long EpochOf(FragmentId fragment) => _epochs.GetValueOrDefault(fragment);

    /// <summary>
    /// Makes a call to a fragment, wherever it is. Exactly one of both is called, unless this silo
    /// stops.
    /// </summary>
    public void Call(PlannedCall call, Action<SimReply> answer, Action noAnswer)
    {
        var isOver = false;
        var to = Locate(call.To);
        cluster.Carry(this, to, $"{call.Kind} {call.Id} {call.To}", () => to.Receive(this, call, FirstOpen, reply =>
            cluster.Carry(to, this, $"{reply.Kind} {call.Id} {call.To}", () =>
            {
                if (!isOver)
                {
                    isOver = true;
                    _epochs[call.To] = reply.Epoch;
                    if (reply.Kind == AnswerKind.Gone)
                    {
                        _places.Remove(call.To);
                    }

                    cluster.Scheduler.Log($"{id} {call.Id} {call.To} {call.Kind}: {reply.Kind} {reply.Detail}");
                    answer(reply);
                }
            })));
        if (call.HasAnswer)
        {
            cluster.Scheduler.After(CallTimeoutMicros, () =>
            {
                if (!isOver && IsUp)
                {
                    isOver = true;
                    _places.Remove(call.To);
                    noAnswer();
                }
            });
        }
    }

    public void Renew(FragmentId fragment, TransactionId attempt)
    {
        var to = Locate(fragment);
        cluster.Carry(this, to, $"renew {attempt}", () => to._fragments.GetValueOrDefault(fragment)?.Renew(attempt));
    }

    /// <summary>Asks another silo to see to it that an activation answers nobody any more.</summary>
    public void AskToRetire(SimSilo to, FragmentId fragment, long epoch, Action done) =>
        cluster.Carry(this, to, $"retire {fragment} {epoch}", () => to.Retire(fragment, epoch, () =>
            cluster.Carry(to, this, $"retired {fragment} {epoch}", done)));

    public bool HasRetired(FragmentId fragment, long epoch) => _retiredThrough.GetValueOrDefault(fragment) >= epoch;

    public SimFragment Activate(FragmentId fragment)
    {
        if (!_fragments.TryGetValue(fragment, out var activation))
        {
            _fragments.Add(fragment, activation = new SimFragment(cluster, this, fragment));
            activation.Open();
        }

        return activation;
    }

    public void Remove(SimFragment activation)
    {
        if (_fragments.GetValueOrDefault(activation.Id) == activation)
        {
            _fragments.Remove(activation.Id);
        }
    }

    /// <summary>What is still under way here; null if nothing is.</summary>
    public string? DescribeOpen() => _open.Count > 0
        ? $"{_open.Count} attempts, first {_open.First().Value}"
        : _fragments.Values.Select(fragment => fragment.DescribeOpen()).FirstOrDefault(open => open is not null);

    private void Receive(SimSilo from, PlannedCall call, long firstOpen, Action<SimReply> reply)
    {
        if (_fragments.ContainsKey(call.To) || cluster.Locate(call.To) == this)
        {
            Activate(call.To).Receive(from.Id, call, firstOpen, reply);
        }
        else
        {
            reply(new SimReply(AnswerKind.Gone, 0, "not here", new Dictionary<string, string?>()));
        }
    }

    // Where it was last, as long as this silo does not know better.
    private SimSilo Locate(FragmentId fragment)
    {
        if (!_places.TryGetValue(fragment, out var place) || Knows(place.Id))
        {
            _places[fragment] = place = cluster.Locate(fragment);
        }

        return place;
    }

    private void Retire(FragmentId fragment, long epoch, Action done)
    {
        _retiredThrough[fragment] = Math.Max(epoch, _retiredThrough.GetValueOrDefault(fragment));
        if (_fragments.GetValueOrDefault(fragment) is { } activation && activation.Epoch > 0 && activation.Epoch <= epoch)
        {
            activation.Retire(done);
        }
        else
        {
            done();
        }
    }

    private void Work()
    {
        if (!IsUp || !cluster.IsBusy)
        {
            return;
        }

        if (_runs < RunsMost)
        {
            _runs++;
            new SimRun(cluster, this, cluster.Programs.Next()).Start();
        }

        cluster.Scheduler.After(cluster.Random.Between(500, 12_000), Work);
    }

    private void Keep()
    {
        if (!IsUp)
        {
            return;
        }

        foreach (var run in _open.Values.Distinct().ToList())
        {
            run.Renew();
        }

        foreach (var fragment in _fragments.Values.ToList())
        {
            fragment.Keep();
        }

        cluster.Scheduler.After(KeepPeriodMicros, Keep);
    }
}

/// <summary>What a fragment answers, with what it read.</summary>
internal sealed record SimReply(AnswerKind Kind, long Epoch, string Detail, IReadOnlyDictionary<string, string?> Read);
