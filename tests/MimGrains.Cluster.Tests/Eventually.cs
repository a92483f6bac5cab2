// Each test starts whole clusters: one after the other, they have few processors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace MimGrains.Cluster.Tests;

/// <summary>Waits for what has no event of its own: the effect of a membership change on a silo that is only asked from outside.</summary>
internal static class Eventually
{
    /// <summary>How long anything may take on a busy machine; a wait ends as soon as it can.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Completes when <paramref name="ask"/> answers with <paramref name="expected"/>.</summary>
    /// <exception cref="TimeoutException">It did not within <see cref="Patience"/>; the message has the last answer.</exception>
    public static Task EqualAsync<T>(T expected, Func<ValueTask<T>> ask, string what) =>
        HoldsAsync(ask, answer => EqualityComparer<T>.Default.Equals(answer, expected), $"{what} to be {expected}");

    /// <summary>Completes when the answer of <paramref name="ask"/> is as <paramref name="wanted"/> says.</summary>
    /// <exception cref="TimeoutException">It was not within <see cref="Patience"/>; the message has the last answer.</exception>
    public static async Task HoldsAsync<T>(Func<ValueTask<T>> ask, Func<T, bool> wanted, string what)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(AskAgainAfter);
        var answer = await ask();
        try
        {
            while (!wanted(answer))
            {
                await timer.WaitForNextTickAsync(limit.Token);
                answer = await ask();
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {Patience.TotalSeconds:0} s for {what}; the last answer was {answer}.");
        }
    }
}
