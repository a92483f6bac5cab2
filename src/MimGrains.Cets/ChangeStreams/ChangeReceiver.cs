using System.Threading.Channels;
using Orleans.Streams;

namespace MimGrains.Cets.ChangeStreams;

/// <summary>Waits for changes instead of being asked on a timer, and numbers them.</summary>
internal sealed class ChangeReceiver(ChannelReader<IChangeBatch> batches) : IQueueAdapterReceiver
{
    private long _number;

    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) =>
        GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        try
        {
            await batches.WaitToReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
            return [];
        }

        var taken = new List<IBatchContainer>();
        while ((maxCount < 0 || taken.Count < maxCount) && batches.TryRead(out var batch))
        {
            taken.Add(batch.Numbered(++_number));
        }

        return taken;
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
}
