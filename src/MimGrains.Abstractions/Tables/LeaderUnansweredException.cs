namespace MimGrains.Tables;

/// <summary>
/// A leader operation has no answer in time: the leader, or a silo that must take its decision, is silent and not declared
/// dead yet. It may still be done, once. Read the key, or use <c>InsertNewOrLookupAsync</c>, to learn what became of it.
/// </summary>
[GenerateSerializer, Alias("mimgrains.leader-unanswered")]
public sealed class LeaderUnansweredException : Exception
{
    /// <summary>Creates the exception.</summary>
    public LeaderUnansweredException(string table, string leader, IReadOnlyList<string> missingSilos, TimeSpan timeout)
        : base($"Table {table}: the leader {leader} gave no answer within {timeout.TotalMilliseconds:0} ms" +
            (missingSilos.Count == 0 ? "." : $", because {string.Join(", ", missingSilos)} did not take its decision.") +
            " The operation may still be done, once.")
    {
        Table = table;
        Leader = leader;
        MissingSilos = missingSilos;
    }

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }

    /// <summary>Returns the silo that was asked last.</summary>
    [Id(1)]
    public string Leader { get; }

    /// <summary>Returns the silos that did not take the decision; empty if the leader itself is silent.</summary>
    [Id(2)]
    public IReadOnlyList<string> MissingSilos { get; }
}
