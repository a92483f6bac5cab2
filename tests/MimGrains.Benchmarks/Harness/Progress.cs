using System.Globalization;

namespace MimGrains.Benchmarks.Harness;

/// <summary>Tells on standard error what is going on. Any thread.</summary>
internal sealed class Progress(TextWriter output)
{
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(5);

    public void Say(string text) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{DateTime.Now:HH:mm:ss}] {text}"));

    /// <summary>Awaits something that takes long, and says every few seconds that it is still going on.</summary>
    public async Task<T> WatchAsync<T>(string what, Task<T> work)
    {
        Say(what);
        using var timer = new PeriodicTimer(TickPeriod);
        for (var seconds = TickPeriod.TotalSeconds; ; seconds += TickPeriod.TotalSeconds)
        {
            var tick = timer.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(work, tick) == work)
            {
                return await work;
            }

            Say($"{what}: {seconds:0} s");
        }
    }
}
