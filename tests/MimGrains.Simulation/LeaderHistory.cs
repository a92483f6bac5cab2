using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

/// <summary>All leader operations of a run, and the proof that each key's have an order that explains every answer.</summary>
/// <remarks>
/// Wing and Gong, "Testing and verifying concurrent objects" (1993), with the states that were tried before remembered (Lowe,
/// "Testing for linearizability", 2017). A record goes by itself once its owner was declared dead.
/// </remarks>
internal sealed class LeaderHistory(Func<LeaderCall, long> ownerDiedAt)
{
    private const int CallsMost = 62;

    private readonly SortedDictionary<SimKey, KeyCalls> _byKey = [];

    public int Count => _byKey.Values.Sum(ofKey => ofKey.Calls.Count);

    public int WonCount => _byKey.Values.Sum(ofKey => ofKey.Calls.Count(call => call.IsWon == true));

    public IEnumerable<SimKey> Keys => _byKey.Keys;

    /// <summary>Whether another operation of the key can be checked.</summary>
    public bool HasRoom(SimKey key) => !_byKey.TryGetValue(key, out var ofKey) || ofKey.Calls.Count < CallsMost;

    public void Add(LeaderCall call, int generation)
    {
        if (!_byKey.TryGetValue(call.Key, out var ofKey))
        {
            _byKey.Add(call.Key, ofKey = new KeyCalls(generation));
        }

        ofKey.Calls.Add(call);
    }

    /// <summary>Says for which key there is no such order; null if there is one for all.</summary>
    /// <param name="generation">How often all replicas that held everything had died: what they held may be gone.</param>
    /// <param name="finalRecordOf">The record of a key in the end.</param>
    public string? Contradiction(int generation, Func<SimKey, string?> finalRecordOf)
    {
        foreach (var (key, ofKey) in _byKey)
        {
            if (ofKey.Generation == generation && !new Search(ofKey.Calls, ownerDiedAt, finalRecordOf(key)).Finds())
            {
                return $"No order of the operations of {key} explains their answers and {finalRecordOf(key) ?? "nothing"} in the end:\n"
                    + string.Join('\n', ofKey.Calls.Select(call => $"  {call.InvokedAt}..{call.AnsweredAt} {call}"));
            }
        }

        return null;
    }

    private sealed class KeyCalls(int generation)
    {
        public int Generation => generation;

        public List<LeaderCall> Calls { get; } = [];
    }

    private sealed class Search(List<LeaderCall> calls, Func<LeaderCall, long> ownerDiedAt, string? finalRecord)
    {
        private readonly HashSet<(ulong Done, int State)> _tried = [];

        // The state is the index of the call whose record the key has, or none.
        private const int Empty = -1;

        public bool Finds() => Explains(0, Empty);

        private bool Explains(ulong done, int state)
        {
            if (!_tried.Add((done, state)))
            {
                return false;
            }

            var earliestAnswer = long.MaxValue;
            for (var i = 0; i < calls.Count; i++)
            {
                if (!IsDone(done, i))
                {
                    earliestAnswer = Math.Min(earliestAnswer, calls[i].AnsweredAt);
                }
            }

            if (earliestAnswer == long.MaxValue && RecordOf(state) == finalRecord)
            {
                return true;
            }

            if (state != Empty && ownerDiedAt(calls[state]) < earliestAnswer && Explains(done, Empty))
            {
                return true;
            }

            for (var i = 0; i < calls.Count; i++)
            {
                if (!IsDone(done, i) && calls[i].InvokedAt <= earliestAnswer && TryDo(i, state, out var next)
                    && Explains(done | (1UL << i), next))
                {
                    return true;
                }
            }

            return false;
        }

        private bool TryDo(int index, int state, out int next)
        {
            var call = calls[index];
            var record = RecordOf(state);
            var holds = call.Condition switch
            {
                LeaderCondition.None => true,
                LeaderCondition.Absent => record is null,
                LeaderCondition.Equal or LeaderCondition.Version => record is not null && record == call.Expected,
                _ => throw new InvalidOperationException($"No such condition: {call.Condition}."),
            };
            next = !holds ? state : call.Record is null ? Empty : index;
            return call.IsWon switch
            {
                null => holds,
                true => holds,
                false => !holds && (call.Condition != LeaderCondition.Absent || call.Found == record),
            };
        }

        private string? RecordOf(int state) => state == Empty ? null : calls[state].Record;

        private static bool IsDone(ulong done, int index) => (done >> index & 1) == 1;
    }
}
