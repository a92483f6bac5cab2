using System.Text.Json;
using MimGrains.Persistent;
using MimGrains.TestSupport;

namespace MimGrains.Mnesia.Tests.Backups;

public sealed class BackupInClusterTests(SqliteFiles databases) : IClassFixture<SqliteFiles>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mimgrains-backup-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Tables_on_disc_are_there_again_after_all_silos_were_stopped()
    {
        var database = await databases.CreateDatabaseAsync();
        List<string> before;
        await using (var first = await DiscCluster.StartAsync(database, _folder))
        {
            await first.FillAsync();
            using var stop = new CancellationTokenSource();
            var load = Task.WhenAll(first.TransferAsync(0, 1, stop.Token), first.TransferAsync(1, 2, stop.Token));
            await first.Backups(0).BackupAsync(Path.Combine(_folder, "time-passes"));
            await stop.CancelAsync();
            await load;
            before = await first.ShowAsync(1);
        }

        await using var second = await DiscCluster.StartAsync(database, _folder);

        Assert.Equal(before, await second.ShowAsync(0));
        Assert.Equal(before, await second.ShowAsync(1));
    }

    [Fact]
    public async Task A_backup_and_a_dump_are_of_one_moment_while_writers_go_on_and_come_back_whole()
    {
        await using var cluster = await DiscCluster.StartAsync(await databases.CreateDatabaseAsync(), _folder);
        await cluster.FillAsync();
        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(i => cluster.TransferAsync(i % 2, i, stop.Token)));
        const int Copies = 4;
        for (var i = 0; i < Copies; i++)
        {
            await cluster.Backups(i % 2).BackupAsync(Path.Combine(_folder, $"backup{i}"));
            await cluster.Backups(i % 2).DumpAsync(Path.Combine(_folder, $"dump{i}"));
        }

        await stop.CancelAsync();
        Assert.True((await load).Sum() > 0);
        for (var i = 0; i < Copies; i++)
        {
            await cluster.Backups(0).RestoreAsync(Path.Combine(_folder, $"backup{i}"));
            Assert.Equal(DiscCluster.Accounts * DiscCluster.FirstBalance, await cluster.SumAsync(1));
            Assert.Equal(DiscCluster.Accounts * DiscCluster.FirstBalance, SumOfDump(Path.Combine(_folder, $"dump{i}")));
            await cluster.Backups(1).LoadAsync(Path.Combine(_folder, $"dump{i}"));
            Assert.Equal(DiscCluster.Accounts * DiscCluster.FirstBalance, await cluster.SumAsync(0));
        }

        Assert.Equal(["anna=1", "anna=2"], (await cluster.ShowAsync(0))[^2..]);
    }

    [Fact]
    public async Task A_large_restore_shows_whole_or_not_at_all()
    {
        const int Many = 20_000;
        await using var cluster = await DiscCluster.StartAsync(await databases.CreateDatabaseAsync(), _folder);
        await cluster.FillManyAsync(Many, value: 1);
        var file = Path.Combine(_folder, "large");
        await cluster.Backups(0).BackupAsync(file);
        await cluster.FillManyAsync(Many + 500, value: 2);

        using var stop = new CancellationTokenSource();
        var sums = cluster.SumsAsync(1, stop.Token);
        await cluster.Backups(0).RestoreAsync(file);
        await stop.CancelAsync();

        Assert.Equal(Many, await cluster.SumAsync(1));
        Assert.All(await sums, sum => Assert.True(sum is Many or 2 * (Many + 500), $"{sum}"));
    }

    [Fact]
    public async Task A_fallback_comes_back_when_the_node_starts_next()
    {
        var database = await databases.CreateDatabaseAsync();
        List<string> saved;
        await using (var first = await DiscCluster.StartAsync(database, _folder, silos: 1))
        {
            await first.FillAsync();
            saved = await first.ShowAsync(0);
            var file = Path.Combine(_folder, "backup");
            await first.Backups(0).BackupAsync(file);
            await first.Backups(0).InstallFallbackAsync(file);
            await first.Transactions(0).TransactionAsync(async transaction =>
            {
                await transaction.DeleteAsync(DiscCluster.Balances, 0);
                await transaction.WriteAsync(DiscCluster.Balances, 1, new Counter(0));
                await transaction.DeleteAsync(DiscCluster.Stored, 2);
                await transaction.WriteAsync(DiscCluster.Stored, -1, new Counter(0));
            });
            Assert.NotEqual(saved, await first.ShowAsync(0));
        }

        await using var second = await DiscCluster.StartAsync(database, _folder, silos: 1);

        Assert.Equal(saved, await second.ShowAsync(0));
        Assert.False(await second.Backups(0).UninstallFallbackAsync());
    }

    private static long SumOfDump(string path) => File.ReadLines(path)
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(line => line.TryGetProperty("table", out var table) && table.GetString() == "balances")
        .Sum(line => line.GetProperty("record").GetProperty("Value").GetInt64());
}
