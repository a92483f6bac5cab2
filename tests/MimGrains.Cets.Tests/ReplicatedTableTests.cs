using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

public sealed class ReplicatedTableTests(TableCluster cluster) : IClassFixture<TableCluster>
{
    [Fact]
    public async Task Insert_is_readable_on_every_silo_when_it_returns()
    {
        await TableCluster.NamesOf(cluster.Silos[0]).InsertAsync("insert", "alice");
        foreach (var silo in cluster.Silos)
        {
            Assert.True(TableCluster.NamesOf(silo).TryGet("insert", out var record));
            Assert.Equal("alice", record);
        }
    }

    [Fact]
    public async Task Delete_is_seen_on_every_silo_when_it_returns()
    {
        await TableCluster.NamesOf(cluster.Silos[0]).InsertAsync("delete", "alice");
        await TableCluster.NamesOf(cluster.Silos[1]).DeleteAsync("delete");
        Assert.All(cluster.Silos, silo => Assert.False(TableCluster.NamesOf(silo).TryGet("delete", out _)));
    }

    [Fact]
    public async Task Concurrent_writes_of_a_key_are_resolved_alike_on_every_silo()
    {
        var tables = cluster.Silos.Select(silo => TableCluster.Table<string, string>(silo, TableCluster.Joined)).ToList();
        await Task.WhenAll(tables.SelectMany((table, number) => Enumerable.Range(0, 50).Select(
            i => table.InsertAsync($"key-{i % 5}", $"{number}"))));

        // Writes of this table return when a majority has them.
        await Task.WhenAll(tables.Select(table => Eventually(() => tables[0].Dump().SequenceEqual(table.Dump()))));
        Assert.Equal(5, tables[0].Count);

        static async Task Eventually(Func<bool> holds)
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!holds())
            {
                await Task.Delay(20, late.Token);
            }
        }
    }

    [Fact]
    public async Task Many_writers_on_all_silos_end_with_equal_replicas()
    {
        await Task.WhenAll(cluster.Silos.SelectMany((silo, number) => Enumerable.Range(0, 200).Select(
            i => TableCluster.NamesOf(silo).InsertAsync($"many-{(i + number) % 150}", $"{number}-{i}"))));
        var dumps = cluster.Silos.Select(silo => TableCluster.NamesOf(silo).Scan(new StartsWith("many-"))).ToList();
        Assert.Equal(150, dumps[0].Count);
        Assert.All(dumps, dump => Assert.Equal(dumps[0], dump));
    }
}

/// <summary>A prefix of a string key.</summary>
public readonly record struct StartsWith(string Prefix) : IComparable<string>
{
    public int CompareTo(string? other) =>
        other!.StartsWith(Prefix, StringComparison.Ordinal) ? 0 : string.CompareOrdinal(Prefix, other);
}
