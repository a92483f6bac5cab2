using MimGrains.Core.Identity;

namespace MimGrains.Core.Transactions;

/// <summary>Names one attempt of a transaction.</summary>
/// <param name="Coordinator">The silo incarnation that runs it.</param>
/// <param name="Number">Counted from 1; never used twice by a coordinator.</param>
public readonly record struct TransactionId(ReplicaId Coordinator, long Number) : IComparable<TransactionId>
{
    /// <summary>Compares by coordinator, then by number: the same on every silo.</summary>
    public int CompareTo(TransactionId other) => Coordinator.CompareTo(other.Coordinator) is var order && order != 0
        ? order
        : Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => $"{Coordinator}#{Number}";
}

/// <summary>
/// How old a transaction is. It keeps its age when it starts again: so it becomes the oldest in the
/// end.
/// </summary>
/// <param name="StartMicros">When the first attempt began, by the coordinator's clock; clocks that differ cost fairness
/// only.</param>
/// <param name="First">The first attempt: no two transactions have the same age.</param>
public readonly record struct TransactionAge(long StartMicros, TransactionId First) : IComparable<TransactionAge>
{
    /// <summary>Lesser is older.</summary>
    public int CompareTo(TransactionAge other) =>
        StartMicros != other.StartMicros ? StartMicros.CompareTo(other.StartMicros) : First.CompareTo(other.First);

    /// <summary>Whether this one began before another one.</summary>
    public bool IsOlderThan(TransactionAge other) => CompareTo(other) < 0;
}

/// <summary>Names one hash-slice of a persistent table.</summary>
public readonly record struct FragmentId(string Table, int Index) : IComparable<FragmentId>
{
    /// <summary>Compares by the name of the table in code points, then by index.</summary>
    public int CompareTo(FragmentId other) => string.CompareOrdinal(Table, other.Table) is var order && order != 0
        ? order
        : Index.CompareTo(other.Index);

    /// <inheritdoc/>
    public override string ToString() => $"{Table}/{Index}";
}
