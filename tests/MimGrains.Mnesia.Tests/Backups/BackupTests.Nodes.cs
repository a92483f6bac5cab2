using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Backups;

public sealed partial class BackupTests
{
    [Fact]
    public async Task A_node_gets_another_name_in_a_copy()
    {
        await FillAsync();
        await SaveAsync(isText: false);
        var copy = Path.Combine(_folder, "copy");

        var info = await Backups().RenameNodeAsync("mim1@a", "mim9@z", FilePath, copy);

        Assert.Equal(["mim2@b", "mim9@z"], info.Nodes);
        Assert.Equal(["mim2@b", "mim9@z"], (await Backups().InspectAsync(copy)).Nodes);
        Assert.Equal(["mim1@a", "mim2@b"], (await Backups().InspectAsync(FilePath)).Nodes);
        await ChangeAsync();
        await Backups().RestoreAsync(copy);
        Assert.Equal(["1=anna:10", "2=bert:20"], _transactions.Show("accounts"));
    }

    [Fact]
    public async Task A_name_that_does_not_go_is_refused_and_leaves_no_copy()
    {
        await SaveAsync(isText: false);
        var copy = Path.Combine(_folder, "copy");
        var backups = Backups();

        await Assert.ThrowsAsync<BackupException>(() => backups.RenameNodeAsync("mim8@a", "mim9@z", FilePath, copy));
        await Assert.ThrowsAsync<BackupException>(() => backups.RenameNodeAsync("mim1@a", "mim2@b", FilePath, copy));
        await Assert.ThrowsAsync<ArgumentException>(() => backups.RenameNodeAsync("mim1@a", "bad", FilePath, copy));
        await Assert.ThrowsAsync<ArgumentException>(() => backups.RenameNodeAsync("", "mim9@z", FilePath, copy));
        await Assert.ThrowsAsync<ArgumentException>(() => backups.RenameNodeAsync("mim1@a", "mim9@z", FilePath, FilePath));
        await Assert.ThrowsAsync<BackupException>(() => backups.RenameNodeAsync("mim1@a", "mim9@z", FilePath + "x", copy));
        await File.WriteAllTextAsync(FilePath, "something else, that is no backup");
        await Assert.ThrowsAsync<BackupException>(() => backups.RenameNodeAsync("mim1@a", "mim9@z", FilePath, copy));

        Assert.Equal([FilePath], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_fallback_comes_back_at_the_next_start_and_only_once()
    {
        await FillAsync();
        await SaveAsync(isText: false);
        await Backups().InstallFallbackAsync(FilePath);
        File.Delete(FilePath);
        await ChangeAsync();

        var restored = await Backups().ApplyFallbackAsync(CancellationToken.None);

        Assert.Equal(5, restored!.Records);
        Assert.Equal(["1=anna:10", "2=bert:20"], _transactions.Show("accounts"));
        Assert.Null(await Backups().ApplyFallbackAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_fallback_of_other_nodes_or_of_no_backup_is_refused_and_one_can_be_taken_back()
    {
        await FillAsync();
        await SaveAsync(isText: false);
        var other = Backups(nodes: new MemoryNodes("mim7@x", "mim7@x"));
        var error = await Assert.ThrowsAsync<BackupException>(() => other.InstallFallbackAsync(FilePath));
        Assert.Equal(BackupProblem.DoesNotFit, error.Problem);
        Assert.False(await Backups().UninstallFallbackAsync());

        await Backups().InstallFallbackAsync(FilePath);
        Assert.True(await Backups().UninstallFallbackAsync());
        Assert.Null(await Backups().ApplyFallbackAsync(CancellationToken.None));
        await File.WriteAllTextAsync(FilePath, "something else, that is no backup");
        await Assert.ThrowsAsync<BackupException>(() => Backups().InstallFallbackAsync(FilePath));
    }
}
