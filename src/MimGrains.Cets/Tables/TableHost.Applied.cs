using MimGrains.Core.Identity;

namespace MimGrains.Cets.Tables;

internal abstract partial class TableHost
{
    private readonly LinkedList<AppliedWaiter> _waiters = [];

    /// <summary>Completes when the replica has applied everything that a vector covers.</summary>
    /// <exception cref="TimeoutException">It has not within <paramref name="timeout"/>.</exception>
    public async Task WaitUntilAppliedAsync(VersionVector vector, TimeSpan timeout, CancellationToken cancellationToken)
    {
        LinkedListNode<AppliedWaiter> node;
        lock (Gate)
        {
            if (replica.HasApplied(vector))
            {
                return;
            }

            node = _waiters.AddLast(new AppliedWaiter(vector));
        }

        try
        {
            await node.Value.Task.WaitAsync(timeout, time, cancellationToken);
        }
        finally
        {
            lock (Gate)
            {
                if (node.List is not null)
                {
                    _waiters.Remove(node);
                }
            }
        }
    }

    private void CollectReached(ref List<AppliedWaiter>? reached)
    {
        for (var node = _waiters.First; node is not null;)
        {
            var next = node.Next;
            if (replica.HasApplied(node.Value.Vector))
            {
                (reached ??= []).Add(node.Value);
                _waiters.Remove(node);
            }

            node = next;
        }
    }

    private static void Reach(List<AppliedWaiter>? reached)
    {
        foreach (var waiter in reached ?? [])
        {
            waiter.Complete();
        }
    }

    /// <summary>Somebody who waits until writes of other silos are applied here.</summary>
    private sealed class AppliedWaiter(VersionVector vector)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public VersionVector Vector => vector;

        public Task Task => _done.Task;

        public void Complete() => _done.TrySetResult();
    }
}
