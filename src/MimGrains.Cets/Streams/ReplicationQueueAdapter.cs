using Orleans.Configuration;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace MimGrains.Cets.Streams;

/// <summary>
/// The queue side of the stream provider: one queue per silo, in its own process, read by the pulling agent of the same silo.
/// The agent's receiver waits for a write instead of a timer; its cursors take what has gathered when the delivery before is
/// acknowledged (group commit).
/// </summary>
internal sealed class ReplicationQueueAdapter(ReplicationCarrier carrier)
    : IQueueAdapterFactory, IQueueAdapter, IQueueAdapterCache, IStreamQueueMapper
{
    private readonly QueueId _queue = QueueId.GetQueueId(ReplicationStream.ProviderName, 0, 0);

    public string Name => ReplicationStream.ProviderName;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => this;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public IEnumerable<QueueId> GetAllQueues() => [_queue];

    public QueueId GetQueueForStream(StreamId streamId) => _queue;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new ReplicationReceiver(carrier.Wakes);

    public IQueueCache CreateQueueCache(QueueId queueId) => new ReplicationQueueCache(carrier);

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException(
            $"The stream provider {Name} carries the writes of replicated tables only. Write to a table instead.");
}

/// <summary>Every silo reads its own queue.</summary>
internal sealed class LocalQueueBalancer : IStreamQueueBalancer
{
    private QueueId[] _queues = [];

    public Task Initialize(IStreamQueueMapper queueMapper)
    {
        _queues = [.. queueMapper.GetAllQueues()];
        return Task.CompletedTask;
    }

    public Task Shutdown() => Task.CompletedTask;

    public IEnumerable<QueueId> GetMyQueues() => _queues;

    // The queue never moves.
    public bool SubscribeToQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;

    public bool UnSubscribeFromQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;
}
