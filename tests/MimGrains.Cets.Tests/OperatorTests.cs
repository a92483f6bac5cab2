using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class OperatorTests(TableCluster cluster) : IClassFixture<TableCluster>, IDisposable
{
    // Of each test: a static one would end for the last tests of a class that takes long on a busy machine.
    private readonly CancellationTokenSource _time = new(TimeSpan.FromSeconds(60));

    private CancellationToken SoonOver => _time.Token;

    public void Dispose() => _time.Dispose();

    [Fact]
    public async Task Every_silo_knows_the_others_and_they_answer()
    {
        foreach (var number in Enumerable.Range(0, 3))
        {
            var others = Enumerable.Range(0, 3).Where(other => other != number).Select(NameOf).Order(StringComparer.Ordinal);
            Assert.Equal(others, Operator(number).OtherSilos(TableCluster.Names).Order(StringComparer.Ordinal));
            Assert.Equal(others, (await Operator(number).PingAllAsync(TableCluster.Names)).Keys.Order(StringComparer.Ordinal));
        }

        Assert.True(await Operator(0).PingAsync(TableCluster.Names, NameOf(1)) > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_silo_or_table_that_is_not_there_is_named()
    {
        Assert.Contains("nothing", (await Assert.ThrowsAsync<KeyNotFoundException>(
            () => Operator(0).PingAsync("nothing", NameOf(1)))).Message, StringComparison.Ordinal);
        Assert.Contains("address:port@generation", (await Assert.ThrowsAsync<ArgumentException>(
            () => Operator(0).PingAsync(TableCluster.Names, "nonsense"))).Message, StringComparison.Ordinal);
        Assert.Throws<KeyNotFoundException>(() => Operator(0).OtherSilos("nothing"));
    }

    [Fact]
    public async Task The_state_of_a_table_is_told_by_any_silo_about_any_silo()
    {
        await Names(0).InsertAsync("info", "record");
        var info = await Operator(0).InfoAsync(TableCluster.Names, NameOf(2));
        Assert.Equal(NameOf(2), info.Silo);
        Assert.Equal(Names(0).Count, info.Records);
        Assert.True(info.IsReady);
        Assert.InRange(info.MemoryBytes, 100 * info.Records, 1_000 * info.Records);
        Assert.Equal(2, info.OtherSilos.Count);
        Assert.Contains("System.String -> System.String", info.Definition, StringComparison.Ordinal);
        Assert.Empty(info.Pauses);
        Assert.Equal(info with { Silo = "" }, (await Operator(2).InfoAsync(TableCluster.Names)) with
        {
            Silo = "",
            OtherSilos = info.OtherSilos,
            Pauses = info.Pauses,
            NodeDownHistory = info.NodeDownHistory,
        });
    }

    [Fact]
    public async Task The_replica_of_another_silo_can_be_read_whole()
    {
        var table = TableCluster.Table<string, string>(cluster.Silos[0], TableCluster.Kept);
        await table.InsertManyAsync([.. Enumerable.Range(0, 20_000).Select(
            i => new TableEntry<string, string>($"{i:00000}", new string('x', 100)))]);
        List<TableEntry<string, string>> read = [];
        await foreach (var entry in table.DumpAsync(NameOf(1), SoonOver))
        {
            read.Add(entry);
        }

        Assert.Equal(table.Dump(), read);
        await Assert.ThrowsAsync<TableUnavailableException>(
            async () => await table.DumpAsync("127.0.0.1:1@1", SoonOver).GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task Writers_of_all_silos_wait_until_the_last_pause_is_lifted()
    {
        var first = await Operator(0).PauseAsync(TableCluster.Joined, "the backup");
        var second = await Operator(1).PauseAsync(TableCluster.Joined, "the other one");
        var pauses = (await Operator(0).InfoAsync(TableCluster.Joined, NameOf(2))).Pauses;
        Assert.Equal(new[] { first.Pause, second.Pause }.OrderBy(pause => pause.Since), pauses);
        var writes = Enumerable.Range(0, 3).Select(silo => Joined(silo).InsertAsync("paused", $"{silo}")).ToList();
        var many = Joined(2).InsertManyAsync([new("paused-too", "x")]);

        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.All(writes, write => Assert.False(write.IsCompleted));
        Assert.False(Joined(2).TryGet("paused", out _));
        await second.DisposeAsync();
        await Task.WhenAll([.. writes, many]).WaitAsync(SoonOver);
        Assert.Empty((await Operator(0).InfoAsync(TableCluster.Joined, NameOf(2))).Pauses);
    }

    [Fact]
    public async Task A_table_comes_and_goes_on_any_silo_while_the_others_write()
    {
        var definition = new TableDefinition<string, string>("runtime");
        var first = await Operator(0).AddAsync(definition, SoonOver);
        await first.InsertAsync("of the first", "1", SoonOver);
        var second = await Operator(1).AddAsync(definition, SoonOver);
        Assert.True(second.TryGet("of the first", out _));
        Assert.Same(second, await Operator(1).AddAsync(definition, SoonOver));
        await second.InsertAsync("of the second", "2", SoonOver);
        Assert.True(first.TryGet("of the second", out _));

        // Its records go with it, nobody waits for it, and it may come back.
        await Operator(1).RemoveAsync("runtime", SoonOver);
        await Operator(1).RemoveAsync("runtime", SoonOver);
        Assert.Equal("of the first", Assert.Single(first.Dump()).Key);
        Assert.Empty(Operator(0).OtherSilos("runtime"));
        await first.InsertAsync("meanwhile", "3", SoonOver);
        await Assert.ThrowsAsync<TableUnavailableException>(() => second.InsertAsync("late", "4", SoonOver));

        second = await Operator(1).AddAsync(definition, SoonOver);
        Assert.Equal(first.Dump(), second.Dump());
        for (var i = 0; i < 20; i++)
        {
            await second.InsertAsync($"again-{i}", "5", SoonOver);
            await first.DeleteAsync($"again-{i - 1}", SoonOver);
        }

        Assert.Equal(first.Dump(), second.Dump());
        Assert.Equal(3, first.Count);
        await Operator(0).RemoveAsync("runtime", SoonOver);
        await Operator(1).RemoveAsync("runtime", SoonOver);
    }

    [Fact]
    public async Task A_table_that_all_silos_add_at_once_is_one_table()
    {
        var definition = new BagDefinition<string, string>("at-once");
        var bags = await Task.WhenAll(Enumerable.Range(0, 3).Select(silo => Operator(silo).AddBagAsync(definition, SoonOver)));
        await Task.WhenAll(bags.Select((bag, number) => bag.InsertAsync("key", $"{number}", SoonOver)));
        Assert.All(bags, bag => Assert.Equal(["0", "1", "2"], bag.Lookup("key")));
    }

    [Fact]
    public async Task A_table_that_is_defined_otherwise_elsewhere_is_not_added()
    {
        await Operator(0).AddAsync(new TableDefinition<string, string>("differs"), SoonOver);
        await Assert.ThrowsAsync<TableDefinitionMismatchException>(
            () => Operator(1).AddAsync(new TableDefinition<string, Guest>("differs"), SoonOver));
        await Assert.ThrowsAsync<ArgumentException>(
            () => Operator(0).AddAsync(new TableDefinition<string, Guest>("differs"), SoonOver));
        Assert.Empty(Operator(0).OtherSilos("differs"));
        await Operator(1).AddAsync(new TableDefinition<string, string>("differs"), SoonOver);
    }

    private ITableOperator Operator(int silo) => cluster.Silos[silo].ServiceProvider.GetRequiredService<ITableOperator>();

    private string NameOf(int silo) => cluster.Silos[silo].SiloAddress.ToParsableString();

    private IReplicatedTable<string, string> Names(int silo) => TableCluster.NamesOf(cluster.Silos[silo]);

    private IReplicatedTable<string, string> Joined(int silo) =>
        TableCluster.Table<string, string>(cluster.Silos[silo], TableCluster.Joined);
}
