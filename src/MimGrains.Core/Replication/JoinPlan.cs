using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

/// <summary>What a joining replica does next.</summary>
public enum JoinStep
{
    /// <summary>Nothing: answers are under way.</summary>
    Wait = 0,

    /// <summary>Say hello: <see cref="JoinPlan.TakeHellos"/> says to whom.</summary>
    SayHello = 1,

    /// <summary>Ask for a dump: <see cref="JoinPlan.TakeDumpSource"/> says whom.</summary>
    AskForDump = 2,

    /// <summary>Become ready with an empty table: no replica is ready, and this one goes first.</summary>
    BecomeFirst = 3,

    /// <summary>Call <see cref="JoinPlan.AskAgain"/> after a pause: no replica is ready, and another one goes first.</summary>
    Pause = 4,

    /// <summary>Nothing any more: the replica is ready.</summary>
    Done = 5,
}

/// <summary>
/// The way of one replica into the cluster: to whom to say hello, whom to ask for a dump, or whether to be the first.
/// </summary>
/// <remarks>
/// <para>members -> hello to each -> all have answered -> dump of one that is ready -> done; or nobody is ready: the least id
/// goes first, the others ask again.</para>
/// <para>Needs of the cluster: a replica is a member before it says hello, and reads the members after that. So of two joining
/// replicas one at least sees the other, and nobody becomes the first behind the back of another. A hello tells who is dead:
/// whoever is asked drops the dump of a dead replica, so that only the one that goes first can become ready.</para>
/// <para>Not thread-safe: the caller holds the lock of the replica.</para>
/// </remarks>
public sealed class JoinPlan(ReplicaId self)
{
    private readonly SortedDictionary<ReplicaId, Member> _members = [];
    private readonly HashSet<ReplicaId> _dead = [];
    private ReplicaId? _lastSource;
    private bool _isDumping;
    private bool _isDone;
    private long _attempt;
    private long _firstAttempt;
    private long _attemptAtDeath;

    /// <summary>Returns the replica whose dump is being merged; null when there is none.</summary>
    public ReplicaId? DumpSource => _isDumping ? _lastSource : null;

    /// <summary>Returns the members that were told hello and have not answered yet, ascending.</summary>
    public IReadOnlyList<ReplicaId> Awaited =>
        [.. _members.Where(member => member.Value.State == AnswerState.Awaited).Select(member => member.Key)];

    /// <summary>Returns the number of the last hello.</summary>
    public long LastAttempt => _attempt;

    /// <summary>
    /// Goes on with the numbers of the plan of an earlier replica of the same silo, which has left. Before everything else.
    /// </summary>
    public void StartAfter(long attempt) => _attempt = _firstAttempt = attempt + 1;

    /// <summary>Returns whether another replica that has seen this hello of this silo last means this replica, not an earlier one.</summary>
    public bool IsMeant(long attempt) => attempt >= _firstAttempt;

    /// <summary>Returns what to do now. Changes with every call of the other methods.</summary>
    public JoinStep Next()
    {
        if (_isDone)
        {
            return JoinStep.Done;
        }

        if (_isDumping)
        {
            return JoinStep.Wait;
        }

        ForgetStaleAnswers();
        if (_members.Values.Any(member => member.State == AnswerState.None))
        {
            return JoinStep.SayHello;
        }

        if (_members.Values.Any(member => member.State == AnswerState.Awaited))
        {
            return JoinStep.Wait;
        }

        if (_members.Values.Any(member => member.State == AnswerState.Ready))
        {
            return JoinStep.AskForDump;
        }

        return _members.All(member => member.Value.State == AnswerState.WithoutTable || self.CompareTo(member.Key) < 0)
            ? JoinStep.BecomeFirst
            : JoinStep.Pause;
    }

    /// <summary>A live member is known from the membership. Itself and dead ones are ignored.</summary>
    public void OnMember(ReplicaId id)
    {
        if (id != self && !_dead.Contains(id))
        {
            _members.TryAdd(id, new Member());
        }
    }

    /// <summary>A member said hello: it is known, and it has the table.</summary>
    /// <returns>
    /// For the answer (<see cref="HelloReply.PastAttempt"/>): this silo waits no more for answers to its hellos up to this
    /// number, and one of them that is still on its way to that member means nothing.
    /// </returns>
    public long OnHello(ReplicaId from)
    {
        OnMember(from);
        if (!_members.TryGetValue(from, out var member))
        {
            return _firstAttempt;
        }

        member.HasTable = true;
        if (member.State == AnswerState.WithoutTable)
        {
            member.State = AnswerState.None;
        }

        return Math.Max(_firstAttempt, member.State == AnswerState.Awaited ? member.Attempt - 1 : member.Attempt);
    }

    /// <summary>A member is declared dead: nobody waits for it any more, and a dump of it is dropped.</summary>
    public void OnDead(ReplicaId id)
    {
        if (_dead.Add(id))
        {
            _members.Remove(id);
            _attemptAtDeath = _attempt;
            OnDumpFailed(id);
        }
    }

    /// <summary>Hands out the hellos to be sent now, each with the number of its attempt.</summary>
    public IReadOnlyList<(ReplicaId To, long Attempt)> TakeHellos()
    {
        List<(ReplicaId, long)> hellos = [];
        foreach (var (id, member) in _members)
        {
            if (member.State == AnswerState.None)
            {
                member.State = AnswerState.Awaited;
                member.Attempt = ++_attempt;
                hellos.Add((id, member.Attempt));
            }
        }

        return hellos;
    }

    /// <summary>A hello was answered.</summary>
    /// <returns>
    /// Whether the answer counts, so that it must be given to <see cref="TableReplica.OnHelloReply"/>. An answer to an older
    /// attempt does not: the later hello may have moved the member past writes that never come.
    /// </returns>
    public bool OnHelloReply(ReplicaId from, long attempt, bool isReady)
    {
        if (!_members.TryGetValue(from, out var member) || !member.Awaits(attempt))
        {
            return false;
        }

        member.State = isReady ? AnswerState.Ready : AnswerState.NotReady;
        return true;
    }

    /// <summary>A hello was answered by a silo that does not have the table: nobody waits for it until it says hello itself.</summary>
    public void OnWithoutTable(ReplicaId from, long attempt)
    {
        if (_members.TryGetValue(from, out var member) && member.Awaits(attempt))
        {
            // Its own hello may have overtaken this answer.
            member.State = member.HasTable ? AnswerState.None : AnswerState.WithoutTable;
        }
    }

    /// <summary>A member does not hold the table any more: nobody waits for it until it says hello again.</summary>
    public void OnLeft(ReplicaId id)
    {
        if (_members.TryGetValue(id, out var member))
        {
            member.HasTable = false;
            member.State = AnswerState.WithoutTable;

            // As after a death: who was not ready when it answered may have become so by a dump of the one that has left.
            _attemptAtDeath = _attempt;
            OnDumpFailed(id);
        }
    }

    /// <summary>A hello was not answered in time, or was refused: it is said again, as a new attempt.</summary>
    public void OnHelloFailed(ReplicaId to, long attempt)
    {
        if (_members.TryGetValue(to, out var member) && member.Awaits(attempt))
        {
            member.State = AnswerState.None;
        }
    }

    /// <summary>Says all hellos again, to learn whether somebody is ready by now.</summary>
    public void AskAgain()
    {
        if (Next() != JoinStep.Pause)
        {
            return;
        }

        foreach (var member in _members.Values.Where(member => member.State != AnswerState.WithoutTable))
        {
            member.State = AnswerState.None;
        }
    }

    /// <summary>Hands out whom to ask for a dump; after a failure another one than before, if there is one.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Next"/> did not say <see cref="JoinStep.AskForDump"/>.</exception>
    public ReplicaId TakeDumpSource()
    {
        if (Next() != JoinStep.AskForDump)
        {
            throw new InvalidOperationException($"Replica {self} must not ask for a dump now: the plan says {Next()}.");
        }

        var ready = _members.Where(member => member.Value.State == AnswerState.Ready).Select(member => member.Key).ToList();
        var after = ready.FindIndex(id => _lastSource is { } last && id.CompareTo(last) > 0);
        _lastSource = ready[Math.Max(after, 0)];
        _isDumping = true;
        return _lastSource.Value;
    }

    /// <summary>The dump was refused, broke off or did not come in time: the next one is asked.</summary>
    public void OnDumpFailed(ReplicaId from)
    {
        if (DumpSource == from)
        {
            _isDumping = false;
        }
    }

    /// <summary>The replica is ready.</summary>
    public void OnReady()
    {
        _isDumping = false;
        _isDone = true;
    }

    // Who was not ready may have become so, by a dump of one that is dead by now; a hello from now on stops that.
    private void ForgetStaleAnswers()
    {
        if (_members.Values.Any(member => member.State == AnswerState.Ready))
        {
            return;
        }

        foreach (var member in _members.Values)
        {
            if (member.State == AnswerState.NotReady && member.Attempt <= _attemptAtDeath)
            {
                member.State = AnswerState.None;
            }
        }
    }

    private enum AnswerState
    {
        None,
        Awaited,
        NotReady,
        Ready,
        WithoutTable,
    }

    private sealed class Member
    {
        public AnswerState State { get; set; }

        public long Attempt { get; set; }

        public bool HasTable { get; set; }

        public bool Awaits(long attempt) => State == AnswerState.Awaited && Attempt == attempt;
    }
}
