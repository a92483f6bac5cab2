using MimGrains.Tables;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace MimGrains.Cets.ChangeStreams;

/// <summary>Changes of one table that are delivered together.</summary>
internal interface IChangeBatch : IBatchContainer
{
    /// <summary>Returns the batch with its place in the queue: they only grow.</summary>
    IChangeBatch Numbered(long number);
}

/// <inheritdoc/>
[GenerateSerializer, Immutable, Alias("mimgrains.change-batch`2")]
internal sealed class ChangeBatch<TKey, TRecord>(StreamId streamId, long number, TableEvent<TKey, TRecord>[] events) : IChangeBatch
    where TKey : notnull
    where TRecord : class
{
    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    [Id(1)]
    public long Number { get; } = number;

    [Id(2)]
    public TableEvent<TKey, TRecord>[] Events { get; } = events;

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Number);

    public IChangeBatch Numbered(long number) => new ChangeBatch<TKey, TRecord>(StreamId, number, Events);

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() => Events.OfType<T>()
        .Select((change, index) => Tuple.Create<T, StreamSequenceToken>(change, new EventSequenceTokenV2(Number, index)));

    public bool ImportRequestContext() => false;
}
