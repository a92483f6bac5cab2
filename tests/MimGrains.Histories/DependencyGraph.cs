namespace MimGrains.Histories;

/// <summary>Who goes before whom.</summary>
internal sealed class DependencyGraph<TId>
    where TId : notnull
{
    private readonly Dictionary<TId, int> _nodeOf = [];
    private readonly List<ObservedTransaction<TId>?> _attempts = [];
    private readonly List<List<(int To, string Why)>> _edges = [];

    public DependencyGraph(IReadOnlyList<ObservedTransaction<TId>> attempts)
    {
        foreach (var attempt in attempts)
        {
            _nodeOf.Add(attempt.Id, AddNode(attempt));
        }
    }

    public int AddMoment() => AddNode(null);

    public int NodeOf(TId id) => _nodeOf[id];

    public void Add(TId from, TId to, string why)
    {
        // Writes without a transaction are no part of it.
        if (!from.Equals(to) && _nodeOf.TryGetValue(from, out var first) && _nodeOf.TryGetValue(to, out var second))
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

    private int AddNode(ObservedTransaction<TId>? attempt)
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
