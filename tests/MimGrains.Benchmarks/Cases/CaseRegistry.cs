namespace MimGrains.Benchmarks.Cases;

/// <summary>All cases. A later part adds its family here.</summary>
internal static class CaseRegistry
{
    public const string AllName = "all";

    /// <summary>
    /// Returns them in the order in which they share clusters: what memory_1m has loaded is read next.
    /// </summary>
    public static IReadOnlyList<IBenchmarkCase> All { get; } =
    [
        .. MemoryCase.All, .. ReadCase.All, .. ClientReadCase.All, .. InsertCase.All, .. WatchCase.All, .. RouteCase.All,
        .. DeleteCase.All, .. JoinCase.All, .. KillCase.All,
        .. PersistentReadCase.All, .. PersistentBackupCase.All, .. PersistentWriteCase.All,
        .. AccountCase.All, .. PersistentLoadCase.All,
        .. FileStartCase.All, .. FileRollingRestartCase.All, .. MembershipWriteCase.All,
    ];

    /// <summary>Returns the cases with these names, in the given order; <c>all</c> stands for all.</summary>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    public static IReadOnlyList<IBenchmarkCase> Find(IEnumerable<string> names) =>
    [
        .. names.SelectMany(name => name == AllName ? All : [Find(name)]).Distinct(),
    ];

    private static IBenchmarkCase Find(string name) => All.FirstOrDefault(benchmark => benchmark.Name == name)
        ?? throw new ArgumentException(
            $"There is no case {name}. There are " +
            $"{string.Join(", ", All.Select(benchmark => benchmark.Name).Append(AllName))}.");
}
