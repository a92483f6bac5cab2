using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

// reserve: the row of the table is there, with a version -> begin: all live silos know, and open no fragment -> every fragment retires
// and is prepared here -> decide: the row is written by that version -> all live silos read as it says -> settle: fragments open
// Whoever finds a change whose coordinator is gone writes the row once more first: then that coordinator can decide nothing any more.
/// <summary>Changes where the records of a persistent table are, while the cluster runs. Thread-safe.</summary>
/// <remarks>
/// <para>Invariants. (1) The row of the table is the truth: it says the new storage from the decision on, and never before. (2) The
/// version that the decision is written by was read before the change began: of the decision and of the write that ends a change of
/// somebody else one is refused. (3) From the moment at which the first fragment is prepared to the decision nobody answers for it:
/// what was prepared is what is there. A fragment that answers again is not prepared any more. (4) What the change comes from is
/// removed only when it is settled.</para>
/// </remarks>
internal sealed partial class StorageChanges(
    TableRegistry tables,
    TableStorages storages,
    SchemaChanges schema,
    FragmentCaller caller,
    FragmentDirectory directory,
    FragmentPreparer preparer,
    IServiceProvider services,
    TimeProvider time,
    ILogger<StorageChanges> logger) : IStorageChanger, IDisposable
{
    // So many at a time.
    private const int FragmentsMost = 8;

    private static readonly TimeSpan AgainFirst = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AgainMost = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Waited for when a step of a change is done here: for tests that stop this silo there.</summary>
    internal Func<StorageChangeStep, Task> AfterStep { get; set; } = _ => Task.CompletedTask;

    public async Task ChangeAsync(
        string table, StorageType to, IProgress<StorageChangeProgress>? progress, CancellationToken cancellationToken)
    {
        var parts = tables.Get(table);
        Require(parts, to);
        await parts.Load.Loaded.WaitAsync(cancellationToken);
        var before = await storages.ResolveAsync(parts, cancellationToken);
        if (before.Change is { } other)
        {
            throw Busy(table, other);
        }

        var from = before.Effective!.Value;
        if (from == to)
        {
            return;
        }

        if (storages.Unclean.Contains(table))
        {
            // Else it would be done in the midst, and make this change fail.
            await TryCleanAsync(parts);
        }

        var change = new StorageChange(
            Guid.NewGuid().ToString("N"), to, from == StorageType.Ram ? TableRow.NewCookie() : "", storages.Self, IsDecided: false);
        _running[change.Id] = true;
        try
        {
            var reserved = await ReserveAsync(parts, change, cancellationToken);
            await AfterStep(StorageChangeStep.Reserved);
            if (!await storages.CompareAndSetAsync(table, before, before with { Change = change, HasRow = true }, cancellationToken))
            {
                throw storages.Find(table)?.Change is { } quicker ? Busy(table, quicker) : Ended(table);
            }

            await MakeAsync(parts, from, change, reserved, progress, cancellationToken);
        }
        finally
        {
            // What is left of it, the keeper brings to an end.
            _running.TryRemove(change.Id, out _);
        }

        await OpenAsync(parts, progress, cancellationToken);
        await TryCleanAsync(parts);
    }

    /// <summary>Whether a change is being made by this silo.</summary>
    public bool IsMaking(StorageChange change) => _running.ContainsKey(change.Id);

    /// <summary>Ends what is under way here: another silo takes over.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    private async Task MakeAsync(
        TableParts parts,
        StorageType from,
        StorageChange change,
        StoredTable reserved,
        IProgress<StorageChangeProgress>? progress,
        CancellationToken cancellationToken)
    {
        try
        {
            await AfterStep(StorageChangeStep.Begun);
            RequireNoAddedIndexes(parts, change.To);
            await PrepareAsync(parts, change, progress, cancellationToken);
            await AfterStep(StorageChangeStep.Prepared);
            await DecideAsync(parts, from, change, reserved, progress);
            await AfterStep(StorageChangeStep.Decided);
        }
        catch (Exception exception)
        {
            LogNotChanged(_logger, parts.Definition.Name, change.To, exception.Message);
            if (await TrySettleAsync(parts, change))
            {
                return;
            }

            throw;
        }

        while (!await TrySettleAsync(parts, change with { IsDecided = true }))
        {
            await Task.Delay(AgainFirst, time, _stopping.Token);
        }

        await AfterStep(StorageChangeStep.Settled);
    }

    private async Task PrepareAsync(
        TableParts parts, StorageChange change, IProgress<StorageChangeProgress>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        FragmentId[] all = [.. Enumerable.Range(0, parts.Definition.Fragments).Select(index => new FragmentId(parts.Definition.Name, index))];
        var options = new ParallelOptions { MaxDegreeOfParallelism = FragmentsMost, CancellationToken = ending.Token };
        for (var pause = AgainFirst; ; pause = pause * 2 < AgainMost ? pause * 2 : AgainMost)
        {
            await Parallel.ForEachAsync(all.Where(fragment => !directory.IsPrepared(fragment, change)), options, async (fragment, token) =>
            {
                var problem = await TryPrepareAsync(fragment, parts, change, token);
                progress?.Report(new(all.Count(one => directory.IsPrepared(one, change)), all.Length, problem));
            });
            if (all.All(fragment => directory.IsPrepared(fragment, change)))
            {
                return;
            }

            if (storages.Find(parts.Definition.Name)?.Change?.Id != change.Id)
            {
                throw Ended(parts.Definition.Name);
            }

            await Task.Delay(pause, time, ending.Token);
        }
    }

    // Returns why a fragment is not prepared yet.
    private async Task<string?> TryPrepareAsync(
        FragmentId fragment, TableParts parts, StorageChange change, CancellationToken cancellationToken)
    {
        try
        {
            await preparer.PrepareAsync(fragment, parts, change, cancellationToken);
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotPrepared(_logger, fragment, change.To, exception.Message);
            return $"{fragment}: {exception.Message}";
        }
    }

    private async Task OpenAsync(TableParts parts, IProgress<StorageChangeProgress>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        var fragments = parts.Definition.Fragments;
        for (var pause = AgainFirst; !ending.IsCancellationRequested; pause = pause * 2 < AgainMost ? pause * 2 : AgainMost)
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, fragments)
                    .Select(index => caller.LoadAsync(new FragmentId(parts.Definition.Name, index), ending.Token)));
                return;
            }
            catch (Exception exception)
            {
                // It is changed: what is missing is that it answers, which it does as soon as it can.
                progress?.Report(new(fragments, fragments, exception.Message));
            }

            await Task.Delay(pause, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Require(TableParts parts, StorageType to)
    {
        if (!Enum.IsDefined(to))
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, "There is no such storage.");
        }

        parts.Definition.With(to, null).Validate();
        RequireNoAddedIndexes(parts, to);
        if (services.GetService<IFragmentLogFactory>() is null)
        {
            throw new InvalidOperationException(
                $"The storage of persistent table {parts.Definition.Name} cannot be changed: this silo is given no database.");
        }
    }

    private void RequireNoAddedIndexes(TableParts parts, StorageType to)
    {
        if (to == StorageType.DiscOnly && schema.IndexesOf(parts.Definition.Name) is { Count: > 0 } added)
        {
            throw new TableDefinitionException(
                parts.Definition.Name,
                $"indexes need copies in memory: with storage DiscOnly there can be none, but {string.Join(", ", added)} was added.");
        }
    }

    private static PersistentTableUnavailableException Busy(string table, StorageChange other) => new(
        table, $"its storage is being changed to {other.To} by {other.Coordinator} already: wait for that, then try again");

    private static PersistentTableUnavailableException Ended(string table) => new(
        table, "its storage was not changed: another silo has ended the change, or has changed it itself; look, and try again");

    [LoggerMessage(TablesEventId.StorageChanged, LogLevel.Information, "Persistent table {Table}: its storage is {Storage} now")]
    private static partial void LogChanged(ILogger logger, string table, StorageType storage);

    [LoggerMessage(TablesEventId.StorageNotChanged, LogLevel.Warning,
        "Persistent table {Table}: the change of its storage to {Storage} does not go on: {Reason}")]
    private static partial void LogNotChanged(ILogger logger, string table, StorageType storage, string reason);

    [LoggerMessage(FragmentEventId.NotPrepared, LogLevel.Warning,
        "Fragment {Fragment}: not prepared for the storage {Storage} yet, tried again; the table is closed: {Reason}")]
    private static partial void LogNotPrepared(ILogger logger, FragmentId fragment, StorageType storage, string reason);

    [LoggerMessage(TablesEventId.StorageNotSettled, LogLevel.Warning,
        "Persistent table {Table}: the change of its storage to {Storage} is not settled yet, tried again; the table is closed: {Reason}")]
    private static partial void LogNotSettled(ILogger logger, string table, StorageType storage, string reason);

    [LoggerMessage(TablesEventId.StorageNotCleaned, LogLevel.Warning,
        "Persistent table {Table}: what is stored of it and counts no more is not removed yet: {Reason}")]
    private static partial void LogNotCleaned(ILogger logger, string table, string reason);
}

/// <summary>The steps of a change of storage.</summary>
internal enum StorageChangeStep
{
    Reserved,

    Begun,

    Prepared,

    Decided,

    /// <summary>The decision is known to all live silos.</summary>
    Told,

    Settled,
}
