using System.Threading.Channels;
using Orleans.Streams;

namespace MimGrains.Cets.Streams;

/// <summary>Waits until streams are to be woken, instead of being asked on a timer.</summary>
internal sealed class ReplicationReceiver(ChannelReader<PeerLink> wakes) : IQueueAdapterReceiver
{
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) =>
        GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        try
        {
            await wakes.WaitToReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
            return [];
        }

        var woken = new List<IBatchContainer>();
        while (woken.Count < maxCount && wakes.TryRead(out var link))
        {
            woken.Add(new ReplicationBatchContainer(link.StreamId, link.Number, message: null));
        }

        return woken;
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
}
