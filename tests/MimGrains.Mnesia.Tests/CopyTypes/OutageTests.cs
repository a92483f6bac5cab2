using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.CopyTypes;

/// <summary>The database is away while a storage is changed.</summary>
public sealed class OutageTests
{
    private readonly FaultyRows _rows = new(new MemoryRows());

    [Theory]
    [InlineData(nameof(StorageChangeStep.Begun), StorageType.Ram, StorageType.Disc)]
    [InlineData(nameof(StorageChangeStep.Prepared), StorageType.Disc, StorageType.Ram)]
    [InlineData(nameof(StorageChangeStep.Decided), StorageType.Ram, StorageType.Disc)]
    [InlineData(nameof(StorageChangeStep.Settled), StorageType.Ram, StorageType.DiscOnly)]
    public async Task The_table_is_closed_and_goes_on_by_itself_when_the_database_is_back(string at, StorageType from, StorageType to)
    {
        var step = Enum.Parse<StorageChangeStep>(at);
        var table = ChangeCluster.Define(from);
        await using var cluster = await ChangeCluster.StartAsync(() => table, _rows);
        await cluster.Transactions(0).SyncTransactionAsync(async transaction => await transaction.WriteAsync(table, "k", new Counter(1)));
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = cluster.HoldAt(0, step, goOn.Task);
        var problem = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var changing = cluster.ChangeAsync(0, to, new Progress(state =>
        {
            if (state.Problem is { } reason)
            {
                problem.TrySetResult(reason);
            }
        }));
        await reached;
        _rows.Before = (_, _) => throw FaultyRows.Away(isSurelyNotDone: true);
        goOn.SetResult();

        if (step == StorageChangeStep.Decided)
        {
            // All live silos are told without the database: what is missing is the opening.
            await ChangeCluster.UntilAsync(() => cluster.StorageOf(1) == to);
        }

        Assert.Contains("away (test)", await problem.Task.WaitAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal);
        var adding = cluster.Transactions(1).TransactionAsync(async transaction => await transaction.UpdateCounterAsync(table, "k", 1));
        Assert.False(changing.IsCompleted);
        Assert.False(adding.IsCompleted);

        _rows.Heal();
        await changing;
        Assert.Equal(2, await adding);
        Assert.Equal((to, to), (cluster.StorageOf(0), cluster.StorageOf(1)));
        Assert.Equal(["k=2"], await cluster.ShowAsync(0, table));
    }

    [Fact]
    public async Task A_decision_that_is_not_answered_counts_if_it_was_written()
    {
        var table = ChangeCluster.Define(StorageType.Disc);
        await using var cluster = await ChangeCluster.StartAsync(() => table, _rows);
        await cluster.Transactions(0).SyncTransactionAsync(async transaction => await transaction.WriteAsync(table, "k", new Counter(1)));
        var lost = 0;
        _rows.After = (call, key) => call == RowCall.Write && key.EndsWith("/table", StringComparison.Ordinal) && Interlocked.Increment(ref lost) == 1
            ? throw FaultyRows.Away(isSurelyNotDone: false)
            : Task.CompletedTask;

        await cluster.ChangeAsync(0, StorageType.DiscOnly);

        Assert.True(lost > 0);
        Assert.Equal((StorageType.DiscOnly, StorageType.DiscOnly), (cluster.StorageOf(0), cluster.StorageOf(1)));
        Assert.Equal(["k=1"], await cluster.ShowAsync(1, table));
    }

    [Fact]
    public async Task A_change_that_is_cancelled_while_the_database_is_away_is_taken_back_when_that_is_there_again()
    {
        var table = ChangeCluster.Define(StorageType.Disc);
        await using var cluster = await ChangeCluster.StartAsync(() => table, _rows);
        await cluster.Transactions(0).SyncTransactionAsync(async transaction => await transaction.WriteAsync(table, "k", new Counter(1)));
        using var cancelling = new CancellationTokenSource();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = cluster.HoldAt(0, StorageChangeStep.Begun, goOn.Task);
        var changing = cluster.ChangeAsync(0, StorageType.Ram, cancellationToken: cancelling.Token);
        await begun;
        _rows.Before = (_, _) => throw FaultyRows.Away(isSurelyNotDone: true);
        await cancelling.CancelAsync();
        goOn.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => changing);
        Assert.Contains("is being changed", cluster.Tables(1).GetInfo(ChangeCluster.Name).Problem, StringComparison.Ordinal);
        Assert.True(cluster.Table(1).TryGet("k", out _));

        _rows.Heal();
        await ChangeCluster.UntilAsync(() => cluster.Tables(1).GetInfo(ChangeCluster.Name).Problem is null);
        Assert.Equal(StorageType.Disc, cluster.StorageOf(1));
        Assert.Equal(2, await cluster.Transactions(1).TransactionAsync(async transaction => await transaction.UpdateCounterAsync(table, "k", 1)));
    }

    [Fact]
    public async Task A_silo_that_is_defined_otherwise_is_refused_before_a_change_and_not_behind_it()
    {
        var table = ChangeCluster.Define(StorageType.Disc);
        await using var cluster = await ChangeCluster.StartAsync(() => table, _rows);
        table = ChangeCluster.Define(StorageType.Ram);
        var refused = await Assert.ThrowsAnyAsync<Exception>(cluster.AddSiloAsync);
        Assert.IsType<TableDefinitionMismatchException>(refused.GetBaseException());

        await cluster.ChangeAsync(0, StorageType.DiscOnly);

        Assert.Equal(StorageType.DiscOnly, cluster.StorageOf(await cluster.AddSiloAsync()));
    }

    private sealed class Progress(Action<StorageChangeProgress> report) : IProgress<StorageChangeProgress>
    {
        public void Report(StorageChangeProgress value) => report(value);
    }
}
