using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>
/// Refuses a silo that wants a table stored elsewhere than the others, and brings changes of storage to their end whose coordinator is
/// gone, or could not.
/// </summary>
internal sealed partial class StorageKeeper(
    TableRegistry tables,
    TableStorages storages,
    StorageChanges changes,
    FragmentDirectory directory,
    IServiceProvider services,
    TimeProvider time,
    ILogger<StorageKeeper> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // Behind the replicated tables, which join a little after Active; before anything of the persistent ones.
    private const int Stage = ServiceLifecycleStage.Active + 140;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly ILogger _logger = logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(StorageKeeper), Stage, StartAsync, StopAsync);

    public void Dispose() => _stopping.Dispose();

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(tables.All.Select(parts => RegisterAsync(parts, cancellationToken)));
        if (services.GetService<IFragmentLogFactory>() is not null)
        {
            _running = Task.Run(KeepAsync, cancellationToken);
        }
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        changes.Stop();
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RegisterAsync(TableParts parts, CancellationToken cancellationToken)
    {
        try
        {
            await storages.RegisterAsync(parts, cancellationToken);
        }
        catch (Exception exception) when (exception is not (TableDefinitionMismatchException or OperationCanceledException))
        {
            // Done again when the table is loaded, which says what is wrong.
            LogNotRegistered(_logger, parts.Definition.Name, exception.Message);
        }
    }

    private async Task KeepAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
        {
            foreach (var parts in tables.All)
            {
                await KeepAsync(parts);
            }
        }
    }

    private async Task KeepAsync(TableParts parts)
    {
        var name = parts.Definition.Name;
        if (storages.Find(name)?.Change is not { } change)
        {
            if (storages.Unclean.Contains(name))
            {
                await changes.TryCleanAsync(parts);
            }

            return;
        }

        var isLeft = change.Coordinator == storages.Self ? !changes.IsMaking(change) : directory.IsDead(new ReplicaId(change.Coordinator));
        if (isLeft)
        {
            await changes.TrySettleAsync(parts, change);
        }
    }

    [LoggerMessage(TablesEventId.StorageNotRegistered, LogLevel.Debug, "Persistent table {Table}: not registered yet: {Reason}")]
    private static partial void LogNotRegistered(ILogger logger, string table, string reason);
}
