using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

/// <summary>
/// The decisions that a replica must be able to repeat. Every request and every decision tells the caller's first operation
/// without an answer; what is older is forgotten, and refused should it come again. So the memory is bounded by what callers
/// have under way, and no answer is ever guessed.
/// </summary>
/// <remarks>Lee, Park, Kejriwal, Matsushita, Ousterhout, "Implementing Linearizability at Large Scale and Low Latency" (2015).</remarks>
internal sealed class DecisionTable
{
    private readonly SortedDictionary<ReplicaId, Caller> _callers = [];

    /// <summary>How many decisions are remembered.</summary>
    public int Count => _callers.Values.Sum(caller => caller.Known.Count);

    public KnownDecision? Find(OperationId id) =>
        _callers.TryGetValue(id.Caller, out var caller) ? caller.Known.GetValueOrDefault(id.Number) : null;

    /// <summary>Whether the caller waits for the answer no more.</summary>
    public bool IsClosed(OperationId id) => _callers.TryGetValue(id.Caller, out var caller) && id.Number < caller.FirstOpen;

    /// <summary>A caller has the answers of all operations before this number.</summary>
    public void Advance(ReplicaId caller, long firstOpen) => CallerOf(caller).Advance(firstOpen);

    public void Note(ReplicaId caller, KnownDecision decision)
    {
        var state = CallerOf(caller);
        if (decision.Number >= state.FirstOpen)
        {
            state.Known.TryAdd(decision.Number, decision);
        }
    }

    /// <summary>The caller is dead: nobody asks any more.</summary>
    public void Forget(ReplicaId caller) => _callers.Remove(caller);

    public IReadOnlyList<CallerDecisions> Capture() =>
    [
        .. _callers.Select(caller => new CallerDecisions(
            caller.Key, caller.Value.FirstOpen, [.. caller.Value.Known.Values.OrderBy(decision => decision.Number)])),
    ];

    private Caller CallerOf(ReplicaId id)
    {
        if (!_callers.TryGetValue(id, out var caller))
        {
            _callers.Add(id, caller = new Caller());
        }

        return caller;
    }

    private sealed class Caller
    {
        public long FirstOpen { get; private set; }

        public Dictionary<long, KnownDecision> Known { get; } = [];

        public void Advance(long firstOpen)
        {
            // Numbers come without gaps, so that this takes time only for what is forgotten.
            for (; FirstOpen < firstOpen && Known.Count > 0; FirstOpen++)
            {
                Known.Remove(FirstOpen);
            }

            FirstOpen = Math.Max(FirstOpen, firstOpen);
        }
    }
}
