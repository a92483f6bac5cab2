using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.CopyTypes;

/// <summary>Silos go while a storage is changed: the table is whole, on its old or its new storage.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(nameof(StorageChangeStep.Reserved), StorageType.Ram, StorageType.Disc, false)]
    [InlineData(nameof(StorageChangeStep.Begun), StorageType.Ram, StorageType.Disc, false)]
    [InlineData(nameof(StorageChangeStep.Begun), StorageType.Disc, StorageType.DiscOnly, true)]
    [InlineData(nameof(StorageChangeStep.Prepared), StorageType.Ram, StorageType.Disc, false)]
    [InlineData(nameof(StorageChangeStep.Prepared), StorageType.Disc, StorageType.Ram, false)]
    [InlineData(nameof(StorageChangeStep.Prepared), StorageType.DiscOnly, StorageType.Disc, true)]
    [InlineData(nameof(StorageChangeStep.Decided), StorageType.Ram, StorageType.Disc, false)]
    [InlineData(nameof(StorageChangeStep.Decided), StorageType.Disc, StorageType.Ram, false)]
    [InlineData(nameof(StorageChangeStep.Told), StorageType.Disc, StorageType.DiscOnly, false)]
    [InlineData(nameof(StorageChangeStep.Told), StorageType.Ram, StorageType.DiscOnly, true)]
    [InlineData(nameof(StorageChangeStep.Settled), StorageType.DiscOnly, StorageType.Ram, false)]
    public async Task The_others_end_the_change_of_a_silo_that_goes(string at, StorageType from, StorageType to, bool isStopped)
    {
        var step = Enum.Parse<StorageChangeStep>(at);
        var table = ChangeCluster.Define(from);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows(), silos: 3);
        using var enough = new CancellationTokenSource();
        var adding = Enumerable.Range(0, 4).Select(worker => cluster.AddUpAsync(worker % 2, table, worker, enough.Token)).ToArray();
        var reached = cluster.HoldAt(2, step);
        _ = cluster.ChangeAsync(2, to);
        await reached;

        await (isStopped ? cluster.StopAsync(2) : cluster.KillAsync(2));

        var expected = step >= StorageChangeStep.Decided ? to : from;
        await ChangeCluster.UntilAsync(() => Enumerable.Range(0, 2).All(
            silo => cluster.Tables(silo).GetInfo(ChangeCluster.Name) is var info && info.Storage == expected && info.Problem is null));
        // Also open: the writers go on.
        await cluster.AddUpAsync(0, table, 9, new CancellationToken(canceled: true));
        var before = await cluster.SumAsync(1, table);
        await enough.CancelAsync();
        var done = (await Task.WhenAll(adding)).Sum();

        Assert.True(before <= done);
        Assert.Equal((done, done), (await cluster.SumAsync(0, table), await cluster.SumAsync(1, table)));
        var next = expected == StorageType.Disc ? StorageType.DiscOnly : StorageType.Disc;
        await cluster.ChangeAsync(0, next);
        Assert.Equal((next, done), (cluster.StorageOf(1), await cluster.SumAsync(1, table)));
    }

    [Fact]
    public async Task Another_silo_that_is_killed_in_the_midst_takes_nothing_with_it()
    {
        var table = ChangeCluster.Define(StorageType.Ram);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows(), silos: 3);
        using var enough = new CancellationTokenSource();
        var adding = Enumerable.Range(0, 4).Select(worker => cluster.AddUpAsync(worker % 2, table, worker, enough.Token)).ToArray();
        foreach (var (step, to) in new[] { (StorageChangeStep.Begun, StorageType.DiscOnly), (StorageChangeStep.Prepared, StorageType.Ram) })
        {
            var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var reached = cluster.HoldAt(0, step, goOn.Task);
            var changing = cluster.ChangeAsync(0, to);
            await reached;
            await cluster.KillAsync(2);
            goOn.SetResult();
            await changing;
            Assert.Equal((to, to), (cluster.StorageOf(0), cluster.StorageOf(1)));
            await cluster.AddSiloAsync();
        }

        await enough.CancelAsync();
        var done = (await Task.WhenAll(adding)).Sum();
        Assert.Equal((done, done), (await cluster.SumAsync(1, table), await cluster.SumAsync(2, table)));
    }

    [Fact]
    public async Task A_second_change_is_refused_while_one_is_under_way()
    {
        var table = ChangeCluster.Define(StorageType.Disc);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows());
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = cluster.HoldAt(0, StorageChangeStep.Prepared, goOn.Task);
        var first = cluster.ChangeAsync(0, StorageType.DiscOnly);
        await reached;

        var refused = await Assert.ThrowsAsync<PersistentTableUnavailableException>(() => cluster.ChangeAsync(1, StorageType.Ram));
        Assert.Contains("already", refused.Message, StringComparison.Ordinal);
        Assert.Contains("is being changed to DiscOnly", cluster.Tables(1).GetInfo(ChangeCluster.Name).Problem, StringComparison.Ordinal);

        goOn.SetResult();
        await first;
        Assert.Equal(StorageType.DiscOnly, cluster.StorageOf(1));
        await cluster.ChangeAsync(1, StorageType.Ram);
        Assert.Equal(StorageType.Ram, cluster.StorageOf(0));
    }

    [Fact]
    public async Task A_change_that_is_cancelled_before_the_decision_is_not_made()
    {
        var table = ChangeCluster.Define(StorageType.Ram);
        await using var cluster = await ChangeCluster.StartAsync(() => table, new MemoryRows());
        await cluster.Transactions(0).TransactionAsync(async transaction => await transaction.WriteAsync(table, "k", new Counter(1)));
        using var cancelling = new CancellationTokenSource();
        var reached = cluster.HoldAt(0, StorageChangeStep.Begun, cancelling.Token.WaitAsync());
        var changing = cluster.ChangeAsync(0, StorageType.Disc, cancellationToken: cancelling.Token);
        await reached;
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => changing);

        Assert.Equal((StorageType.Ram, null), (cluster.StorageOf(1), cluster.Tables(1).GetInfo(ChangeCluster.Name).Problem));
        await cluster.Transactions(1).TransactionAsync(async transaction => await transaction.UpdateCounterAsync(table, "k", 1));
        Assert.Equal(["k=2"], await cluster.ShowAsync(0, table));
    }
}

internal static class CancellationTokens
{
    /// <summary>Completes when it is cancelled.</summary>
    public static Task WaitAsync(this CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(cancelled.SetResult);
        return cancelled.Task;
    }
}
