namespace MimGrains.Histories;

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
public static class SerializabilityChecker
{
    /// <exception cref="InvariantException">There is no such order.</exception>
    public static void Check<TId>(
        IReadOnlyList<ObservedTransaction<TId>> attempts, IReadOnlyDictionary<string, List<(TId Id, string Version)>> versions)
        where TId : notnull
    {
        ArgumentNullException.ThrowIfNull(attempts);
        ArgumentNullException.ThrowIfNull(versions);
        var graph = new DependencyGraph<TId>(attempts);
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

    private static void AddRead<TId>(
        DependencyGraph<TId> graph,
        ObservedTransaction<TId> attempt,
        string key,
        string? version,
        List<(TId Id, string Version)> chain)
        where TId : notnull
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
    private static void AddRealTime<TId>(DependencyGraph<TId> graph, IReadOnlyList<ObservedTransaction<TId>> attempts)
        where TId : notnull
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
