using MimGrains.Core.Identity;

namespace MimGrains.Core.Replication;

/// <summary>Numbers the leader operations of one caller, and knows the first of them that has no answer. Not thread-safe.</summary>
internal sealed class OperationWindow(ReplicaId caller)
{
    private readonly HashSet<long> _closed = [];

    /// <summary>Returns the number of the first operation that has no answer; that of the next one if all have.</summary>
    public long FirstOpen { get; private set; } = 1;

    /// <summary>Returns how many numbers replicas may have to remember.</summary>
    public long Width => Next - FirstOpen;

    /// <summary>Returns the number of the next operation.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>Goes on with the numbers of an earlier replica. Before everything else.</summary>
    public void StartAt(long next) => FirstOpen = Next = next;

    /// <summary>Begins an operation.</summary>
    public OperationId Open() => new(caller, Next++);

    /// <summary>An operation has its answer, or is given up: it must not be asked for again.</summary>
    /// <exception cref="ArgumentException">The operation is not open.</exception>
    public void Close(OperationId id)
    {
        if (id.Caller != caller || id.Number < FirstOpen || id.Number >= Next || !_closed.Add(id.Number))
        {
            throw new ArgumentException($"Operation {id.Number} of {id.Caller} is not open.", nameof(id));
        }

        while (_closed.Remove(FirstOpen))
        {
            FirstOpen++;
        }
    }
}
