using MimGrains.Core.Identity;

namespace MimGrains.Core.Consensus;

/// <summary>What the register holds. Immutable.</summary>
/// <param name="Birth">Drawn at random when the cluster was founded: registers of two clusters never mix.</param>
/// <param name="Revision">Counts changes, from 1 on.</param>
/// <param name="Configuration">Who decides about the next change.</param>
/// <param name="Operations">The last operation of each proposer, newest last: one that is tried again must not happen
/// twice.</param>
/// <param name="Content">What users keep in the register.</param>
public sealed record RegisterValue(
    ulong Birth,
    long Revision,
    Configuration Configuration,
    IReadOnlyList<OperationId> Operations,
    ReadOnlyMemory<byte> Content)
{
    /// <summary>As many proposers are remembered; far more than ever have an operation under way at once.</summary>
    public const int MaxOperations = 64;

    /// <summary>Whether an operation is in this value already.</summary>
    public bool Holds(OperationId operation) => Operations.Contains(operation);

    /// <summary>Returns the value after one more change.</summary>
    internal RegisterValue After(OperationId operation) => this with
    {
        Revision = Revision + 1,
        Operations =
        [
            .. Operations.Where(other => other.Proposer != operation.Proposer).TakeLast(MaxOperations - 1), operation,
        ],
    };
}

/// <summary>Names one operation on the register.</summary>
/// <param name="Proposer">One run of one proposer, as in <see cref="Ballot"/>. It has one operation under way at a
/// time.</param>
/// <param name="Number">From 1 on.</param>
public readonly record struct OperationId(string Proposer, long Number);
