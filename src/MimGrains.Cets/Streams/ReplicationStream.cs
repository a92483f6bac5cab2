using MimGrains.Core.Identity;
using Orleans.Streams;

namespace MimGrains.Cets.Streams;

/// <summary>Names of the replication stream provider.</summary>
internal static class ReplicationStream
{
    /// <summary>The name of the stream provider.</summary>
    public const string ProviderName = "mimgrains.replication";

    /// <summary>The namespace of the streams; the key is the silo incarnation that a stream leads to.</summary>
    public const string Namespace = "mimgrains.replication";

    public static StreamId To(ReplicaId target) => StreamId.Create(Namespace, target.Value);

    public static ReplicaId TargetOf(StreamId stream) => new(stream.GetKeyAsString());
}
