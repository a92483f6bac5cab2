using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Replication;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace MimGrains.Cets.Replicas;

/// <summary>Stands for the replicas of one silo: receives the stream that leads to it. Its key is the silo incarnation.</summary>
[Alias("mimgrains.replica-grain")]
internal interface IReplicaGrain : IGrainWithStringKey;

/// <summary>Applies what the other silos send; that the delivery returns is the acknowledgement.</summary>
[GrainType("mimgrains.replica")]
[ImplicitStreamSubscription(ReplicationStream.Namespace)]
[ReplicaPlacement, Immovable, KeepAlive, Reentrant]
internal sealed class ReplicaGrain(TableCatalog catalog) : Grain, IReplicaGrain, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<ReplicationMessage>().ResumeAsync((message, _) =>
        {
            Apply(message);
            return Task.CompletedTask;
        });

    private void Apply(ReplicationMessage message)
    {
        foreach (var table in message.Tables)
        {
            // A table that was removed from this silo: the sender may not know it yet, and must not wait.
            var outcome = catalog.Find(table.Table)?.Receive(table.ToBatch()) ?? ReceiveOutcome.Applied;
            if (outcome != ReceiveOutcome.Applied)
            {
                // Not acknowledged: the sender tries again, and then starts anew from the last acknowledgement.
                throw new BatchRefusedException(table.Table, table.Origin, table.FirstSequence, outcome);
            }
        }
    }
}

/// <summary>A replica did not apply a batch.</summary>
[GenerateSerializer, Alias("mimgrains.batch-refused")]
internal sealed class BatchRefusedException(string table, string origin, long firstSequence, ReceiveOutcome outcome)
    : Exception($"Table {table}: the batch of {origin} from write {firstSequence} on was not applied: {outcome}.");
