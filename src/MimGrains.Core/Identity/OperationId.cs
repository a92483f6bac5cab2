namespace MimGrains.Core.Identity;

/// <summary>Names one leader operation: the <paramref name="Number"/>-th of its caller, counted from 1.</summary>
/// <param name="Caller">The silo incarnation that asks; what is written belongs to it.</param>
/// <param name="Number">Never used twice by a caller.</param>
public readonly record struct OperationId(ReplicaId Caller, long Number);
