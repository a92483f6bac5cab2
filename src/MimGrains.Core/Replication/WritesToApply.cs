using MimGrains.Core.Log;

namespace MimGrains.Core.Replication;

/// <summary>Which writes of a batch are to be applied: plain ones after a number, and decided ones in a range.</summary>
internal readonly record struct WritesToApply(long PlainAfter, long DecidedAfter, long DecidedThrough)
{
    public static WritesToApply All(long after) => new(after, after, long.MaxValue);

    public static WritesToApply Plain(long after) => new(after, long.MaxValue, 0);

    public static WritesToApply Decided(long after, long through) => new(long.MaxValue, after, through);

    public bool Include(in Operation operation) => operation.IsDecision
        ? operation.Sequence > DecidedAfter && operation.Sequence <= DecidedThrough
        : operation.Sequence > PlainAfter;
}
