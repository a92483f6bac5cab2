using System.Collections.Concurrent;
using System.Threading.Channels;
using MimGrains.Tables;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace MimGrains.Cets.Tests;

/// <summary>What grains of all silos of a cluster in this process were told, by subscriber.</summary>
public sealed class SeenChanges
{
    private readonly ConcurrentDictionary<string, Channel<TableEvent<string, string>>> _seen = new();

    public void Add(string subscriber, TableEvent<string, string> change) => Of(subscriber).Writer.TryWrite(change);

    public Task<TableEvent<string, string>> NextAsync(string subscriber, TimeSpan patience) =>
        Of(subscriber).Reader.ReadAsync().AsTask().WaitAsync(patience);

    /// <summary>Returns what was told and not asked for yet; null if there is nothing.</summary>
    public TableEvent<string, string>? TryNext(string subscriber) => Of(subscriber).Reader.TryRead(out var change) ? change : null;

    private Channel<TableEvent<string, string>> Of(string subscriber) =>
        _seen.GetOrAdd(subscriber, static _ => Channel.CreateUnbounded<TableEvent<string, string>>());
}

/// <summary>Subscribes explicitly.</summary>
public interface IFollowerGrain : IGrainWithStringKey
{
    Task SubscribeAsync();

    Task UnsubscribeAsync();
}

public sealed class FollowerGrain(SeenChanges seen) : Grain, IFollowerGrain
{
    private StreamSubscriptionHandle<TableEvent<string, string>>? _subscription;

    public async Task SubscribeAsync()
    {
        var stream = this.GetStreamProvider(TableStreams.ProviderName).GetStream<TableEvent<string, string>>(
            StreamId.Create(TableStreams.NamespaceOf(ChangeStreamTests.Published), ChangeStreamTests.Published));
        _subscription = await stream.SubscribeAsync((change, _) =>
        {
            seen.Add(this.GetPrimaryKeyString(), change);
            return Task.CompletedTask;
        });
    }

    public Task UnsubscribeAsync() => _subscription!.UnsubscribeAsync();
}

/// <summary>Needs no subscription but its attribute.</summary>
public interface IImplicitFollowerGrain : IGrainWithStringKey;

[ImplicitStreamSubscription(TableStreams.NamespacePrefix + ChangeStreamTests.Published)]
[ImplicitStreamSubscription(TableStreams.NamespacePrefix + ChangePublisherTests.Moved)]
public sealed class ImplicitFollowerGrain(SeenChanges seen) : Grain, IImplicitFollowerGrain, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<TableEvent<string, string>>().ResumeAsync((change, _) =>
        {
            seen.Add(this.GetPrimaryKeyString(), change);
            return Task.CompletedTask;
        });
}
