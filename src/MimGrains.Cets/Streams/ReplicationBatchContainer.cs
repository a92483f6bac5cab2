using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace MimGrains.Cets.Streams;

/// <summary>One delivery to one silo. Without a message it only wakes the stream: the message is made when it is delivered.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.replication-batch")]
internal sealed class ReplicationBatchContainer(StreamId streamId, long number, ReplicationMessage? message) : IBatchContainer
{
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    [Id(1)]
    public long Number { get; } = number;

    [Id(2)]
    public ReplicationMessage? Message { get; } = message;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Number);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Message is T message ? [Tuple.Create(message, SequenceToken)] : [];

    public bool ImportRequestContext() => false;
}
