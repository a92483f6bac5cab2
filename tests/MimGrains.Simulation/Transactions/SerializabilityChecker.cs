using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>
/// Checks that committed transactions could have run one after the other, in an order that goes with real
/// time.
/// </summary>
/// <remarks>
/// The graph of dependencies must have no cycle (Adya, "Weak consistency", 1999; Kingsbury, Alvaro, "Elle", 2020).
/// Edges: who wrote a version goes before who read it and before who wrote the next one; who read a version goes before
/// who wrote the next one; who had ended goes before who began afterwards. A scan has read every key of its table, also
/// those that were not there.
/// </remarks>
internal static class SerializabilityChecker
{
    /// <exception cref="InvariantException">There is no such order.</exception>
    public static void Check(
        IReadOnlyList<SimAttempt> attempts, IReadOnlyDictionary<string, List<(TransactionId Id, string Version)>> versions)
    {
        var graph = new DependencyGraph(attempts);
        foreach (var (key, chain) in versions)
        {
            for (var index = 1; index < chain.Count; index++)
            {
                graph.Add(chain[index - 1].Id, chain[index].Id, $"{key}: ww");
            }
        }

        foreach (var attempt in attempts)
        {
            foreach (var (key, version) in attempt.Reads)
            {
                AddRead(graph, attempt, key, version, versions.GetValueOrDefault(key) ?? []);
            }
        }

        AddRealTime(graph, attempts);
        if (graph.FindCycle() is { } cycle)
        {
            throw new InvariantException($"Not serializable:\n{cycle}");
        }
    }

    private static void AddRead(
        DependencyGraph graph, SimAttempt attempt, string key, string? version, List<(TransactionId Id, string Version)> chain)
    {
        var index = version is null ? -1 : chain.FindIndex(written => written.Version == version);
        if (version is not null && index < 0)
        {
            throw new InvariantException($"{attempt} read {key} = {version}, which nobody has committed.");
        }

        if (index >= 0)
        {
            graph.Add(chain[index].Id, attempt.Id, $"{key}: wr {version}");
        }

        if (index + 1 < chain.Count)
        {
            graph.Add(attempt.Id, chain[index + 1].Id, $"{key}: rw {version}");
        }
    }

    // Moments are nodes too: that everything before one goes before everything after it takes two edges for each
    // attempt.
    private static void AddRealTime(DependencyGraph graph, IReadOnlyList<SimAttempt> attempts)
    {
        var moment = graph.AddMoment();
        foreach (var (attempt, isEnd, _) in attempts.Where(attempt => !attempt.EndedDead)
            .SelectMany(attempt => new[] { (attempt, false, attempt.StartMicros), (attempt, true, attempt.EndMicros ?? long.MaxValue) })
            .Where(edge => edge.Item3 < long.MaxValue)
            .OrderBy(edge => edge.Item3).ThenBy(edge => edge.Item2))
        {
            if (isEnd)
            {
                var next = graph.AddMoment();
                graph.AddEdge(moment, next, "");
                graph.AddEdge(graph.NodeOf(attempt.Id), next, "ended");
                moment = next;
            }
            else
            {
                graph.AddEdge(moment, graph.NodeOf(attempt.Id), "began");
            }
        }
    }
}

/// <summary>Who goes before whom.</summary>
internal sealed class DependencyGraph
{
    private readonly Dictionary<TransactionId, int> _nodeOf = [];
    private readonly List<SimAttempt?> _attempts = [];
    private readonly List<List<(int To, string Why)>> _edges = [];

    public DependencyGraph(IReadOnlyList<SimAttempt> attempts)
    {
        foreach (var attempt in attempts)
        {
            _nodeOf.Add(attempt.Id, AddNode(attempt));
        }
    }

    public int AddMoment() => AddNode(null);

    public int NodeOf(TransactionId id) => _nodeOf[id];

    public void Add(TransactionId from, TransactionId to, string why)
    {
        // Writes without a transaction are no part of it.
        if (from != to && _nodeOf.TryGetValue(from, out var first) && _nodeOf.TryGetValue(to, out var second))
        {
            AddEdge(first, second, why);
        }
    }

    public void AddEdge(int from, int to, string why) => _edges[from].Add((to, why));

    /// <summary>Returns a cycle as text; null if there is none.</summary>
    public string? FindCycle()
    {
        var incoming = new int[_edges.Count];
        foreach (var (to, _) in _edges.SelectMany(edges => edges))
        {
            incoming[to]++;
        }

        var free = new Queue<int>(Enumerable.Range(0, incoming.Length).Where(node => incoming[node] == 0));
        var left = incoming.Length;
        while (free.TryDequeue(out var node))
        {
            left--;
            foreach (var (to, _) in _edges[node])
            {
                if (--incoming[to] == 0)
                {
                    free.Enqueue(to);
                }
            }
        }

        return left == 0 ? null : Describe(incoming);
    }

    private int AddNode(SimAttempt? attempt)
    {
        _attempts.Add(attempt);
        _edges.Add([]);
        return _attempts.Count - 1;
    }

    // Every node that is left has one before it that is left: going back long enough ends in a cycle.
    private string Describe(int[] incoming)
    {
        var before = new Dictionary<int, (int From, string Why)>();
        for (var from = 0; from < incoming.Length; from++)
        {
            foreach (var (to, why) in incoming[from] > 0 ? _edges[from] : [])
            {
                before[to] = (from, why);
            }
        }

        var node = Enumerable.Range(0, incoming.Length).First(left => incoming[left] > 0);
        for (var step = 0; step < incoming.Length; step++)
        {
            node = before[node].From;
        }

        var lines = new List<string>();
        var at = node;
        do
        {
            var (from, why) = before[at];
            lines.Add($"{Name(from)} -> {Name(at)} ({why})");
            at = from;
        }
        while (at != node);
        lines.Reverse();
        return string.Join('\n', lines);
    }

    private string Name(int node) => _attempts[node]?.ToString() ?? $"moment {node}";
}
