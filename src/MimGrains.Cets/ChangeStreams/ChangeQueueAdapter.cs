using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using MimGrains.Tables;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace MimGrains.Cets.ChangeStreams;

/// <summary>
/// The queue side of the streams of changes: one queue per silo, in its own process, read by the pulling agent of that silo. On
/// all silos but the one that publishes it stays empty.
/// </summary>
/// <remarks>A provider apart from the replication's: subscribers that are slow or fail must not touch that one.</remarks>
internal sealed class ChangeQueueAdapter(ChangeFeed feed, ILoggerFactory loggers)
    : IQueueAdapterFactory, IQueueAdapter, IQueueAdapterCache, IStreamQueueMapper, IStreamFailureHandler
{
    // Batches that subscribers have not taken yet; at the limit the agent reads no more.
    private const int CachedBatchesMost = 256;

    private readonly QueueId _queue = QueueId.GetQueueId(TableStreams.ProviderName, 0, 0);

    public string Name => TableStreams.ProviderName;

    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadOnly;

    public bool ShouldFaultSubsriptionOnError => false;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => this;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) => Task.FromResult<IStreamFailureHandler>(this);

    public IEnumerable<QueueId> GetAllQueues() => [_queue];

    public QueueId GetQueueForStream(StreamId streamId) => _queue;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new ChangeReceiver(feed.Reader);

    public IQueueCache CreateQueueCache(QueueId queueId) =>
        new ChangeCache(new SimpleQueueCache(CachedBatchesMost, loggers.CreateLogger<SimpleQueueCache>()), feed);

    public Task OnDeliveryFailure(
        GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken)
    {
        feed.NoteGap(streamIdentity);
        return Task.CompletedTask;
    }

    // Of one that was about to be made: its beginning is marked when it is.
    public Task OnSubscriptionFailure(
        GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) =>
        Task.CompletedTask;

    public Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException(
            $"The stream provider {Name} tells the changes of replicated tables only. Write to the table instead.");

    /// <summary>Tells the feed of every subscriber that comes later; all else is the cache of Orleans.</summary>
    private sealed class ChangeCache(IQueueCache cache, ChangeFeed feed) : IQueueCache
    {
        public int GetMaxAddCount() => cache.GetMaxAddCount();

        public void AddToCache(IList<IBatchContainer> messages) => cache.AddToCache(messages);

        public bool TryPurgeFromCache([MaybeNullWhen(false)] out IList<IBatchContainer> purgedItems) =>
            cache.TryPurgeFromCache(out purgedItems);

        // What came before the other two were there.
        public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
            TryGetCacheCursor(streamId, token).Cursor
            ?? throw new QueueCacheMissException($"The changes from {token} on are not kept any more.");

        public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursor(StreamId streamId, StreamSequenceToken? token)
        {
            if (token is null)
            {
                // With one it goes on, or begins with the mark that has just come.
                feed.NoteGap(streamId);
            }

            return cache.TryGetCacheCursor(streamId, token);
        }

        public QueueCacheCursorResult<IQueueCacheCursor> TryGetCacheCursorAtPosition(
            StreamId streamId, StreamSubscriptionStartPosition startPosition)
        {
            feed.NoteGap(streamId);
            return cache.TryGetCacheCursorAtPosition(streamId, startPosition);
        }

        public void UpdateDeliveryProgress(StreamSequenceToken? earliestSubscriptionToken, DateTime utcNow) =>
            cache.UpdateDeliveryProgress(earliestSubscriptionToken, utcNow);

        public bool IsUnderPressure() => cache.IsUnderPressure();
    }
}
