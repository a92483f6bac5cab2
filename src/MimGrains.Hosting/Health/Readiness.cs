using MimGrains.Clustering;
using MimGrains.Tables;
using Orleans.Runtime;

namespace MimGrains.Hosting.Health;

// replicated tables have joined -> persistent ones begin to load -> here: waits for them, apart from the silo's start -> ready
/// <summary>Completes when the tables have joined and the persistent ones are loaded.</summary>
internal sealed class Readiness(ITableCatalog tables, LoadingTables persistent)
    : IReadiness, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // The start of the replicated tables, at Active + 100, completes when all of them have joined; the persistent ones begin to load
    // at Active + 200. When the silo stops, this ends before those loads do.
    private const int Stage = ServiceLifecycleStage.Active + 300;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public bool IsReady => WasReady && !_stopping.IsCancellationRequested && tables.NotReady.Count == 0;

    /// <summary>Returns whether the silo has been ready once.</summary>
    public bool WasReady => _ready.Task.IsCompletedSuccessfully;

    public Task WaitAsync(CancellationToken cancellationToken = default) => _ready.Task.WaitAsync(cancellationToken);

    public void Participate(ISiloLifecycle observer)
    {
        // The silo starts without them: a database that is away must not keep it from everything else.
        observer.Subscribe(nameof(Readiness), Stage, _ =>
        {
            _running = LoadAsync();
            return Task.CompletedTask;
        }, StopAsync);

        // A start that fails stops the stages that it has come to: whoever waits is to hear of it.
        observer.Subscribe(nameof(Readiness), ServiceLifecycleStage.First, _ => Task.CompletedTask, StopAsync);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running;
        _ready.TrySetCanceled(CancellationToken.None);
    }

    private async Task LoadAsync()
    {
        try
        {
            await persistent.WaitAsync(_stopping.Token);
            _ready.TrySetResult();
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            _ready.TrySetCanceled(CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Logged where it failed. That nobody waits is no unhandled error.
            _ready.TrySetException(exception);
            _ = _ready.Task.Exception;
        }
    }
}
