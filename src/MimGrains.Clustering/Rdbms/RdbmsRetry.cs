using Polly;
using Polly.Retry;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Waits for a database that is away, for as long as it takes.</summary>
internal static class RdbmsRetry
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Returns what runs a call again until it succeeds, or fails with a <see cref="RdbmsException"/>.</summary>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="onRetry">Told why a call failed, and how long the pause will be.</param>
    public static ResiliencePipeline UntilThere(TimeProvider time, Action<string, TimeSpan> onRetry) =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = FirstPause,
                MaxDelay = LongestPause,
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is not null and not OperationCanceledException and not RdbmsException),
                OnRetry = arguments =>
                {
                    onRetry(arguments.Outcome.Exception!.GetBaseException().Message, arguments.RetryDelay);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    /// <summary>Calls, and turns an error that will not pass by itself into a <see cref="RdbmsException"/>.</summary>
    public static async Task PermanentErrorsAsync(RdbmsDatabase database, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (RdbmsException.OfPermanent(exception, database) is { } permanent)
        {
            throw permanent;
        }
    }
}
