using MimGrains.Sessions;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Opens sessions one after the other until it is disposed; after one that is refused while a node goes, another one.</summary>
internal sealed class FileLoad : IAsyncDisposable
{
    public static readonly SessionRecord Record = new() { Priority = 1, Address = "192.0.2.1", Port = 5222 };

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile int _opened;
    private volatile int _refused;

    private FileLoad(ISessionManager sessions) => _running = Task.Run(() => RunAsync(sessions));

    /// <summary>Returns how many were refused.</summary>
    public int Refused => _refused;

    public static FileLoad Start(ISessionManager sessions) => new(sessions);

    /// <summary>Completes when so many more are open.</summary>
    public Task MoreAsync(int count)
    {
        var before = _opened;
        return Eventually.HoldsAsync(
            () => ValueTask.FromResult(_opened - before), more => more >= count, $"{count} more sessions");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(ISessionManager sessions)
    {
        for (var number = 0; !_stopping.IsCancellationRequested; number++)
        {
            try
            {
                await sessions.OpenAsync("load.example.com", $"user{number}", "phone", Record, CancellationToken.None);
                _opened++;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The node that was asked has left: which errors that may be is the business of other tests.
                _refused++;
                await Task.Delay(10, CancellationToken.None);
            }
        }
    }
}
