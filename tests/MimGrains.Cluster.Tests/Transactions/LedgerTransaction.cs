using MimGrains.TestSilo;
using MimGrains.Histories;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>How a transaction has ended, as its client knows.</summary>
internal enum LedgerEnd
{
    Unknown,
    Committed,
    Aborted,
}

/// <summary>A transaction that a client has asked for, and what it was told.</summary>
internal sealed class LedgerTransaction(string id, long startMicros, IReadOnlyList<LedgerStep> steps)
    : ObservedTransaction<string>(id, startMicros)
{
    public IReadOnlyList<LedgerStep> Steps => steps;

    public LedgerEnd End { get; set; }

    /// <summary>Whether its end, in doubt at first, was asked for later, and it is committed.</summary>
    public bool IsSaidToBeCommitted { get; set; }

    /// <summary>What it found, if it is known to be committed.</summary>
    public IReadOnlyList<AccountRead> Found { get; set; } = [];

    public IEnumerable<AccountName> Written => steps.Where(step => step.Amount is not null).Select(step => step.Name);

    public override string ToString() => $"{Id} ({End}) " + string.Join(
        ", ", steps.Select(step => step.Amount is { } amount ? $"{step.Name} {amount:+0;-0;0}" : $"{step.Name}"));
}
