using System.Diagnostics;
using MimGrains.Clustering.NodeList;

namespace MimGrains.Clustering.Tests;

public sealed class AcceptorFileTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mimgrains-store-").FullName;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 100)];

    private string Folder => Path.Combine(_root, "data");

    private string State => Path.Combine(Folder, AcceptorFile.StateName);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_node_without_a_state_is_new_until_it_has_saved_one()
    {
        Assert.Equal(new StoredState(null, false, null), await LoadAsync());
        Assert.Equal(new StoredState(null, false, null), await LoadAsync());

        await SaveAsync("promise 1"u8.ToArray());
        await SaveAsync("promise 2"u8.ToArray());

        var loaded = await LoadAsync();
        Assert.Equal("promise 2"u8.ToArray(), loaded.Bytes!.Value.ToArray());
        Assert.Equal((false, null), (loaded.IsLost, loaded.Problem));
        Assert.Equal(
            [AcceptorFile.MarkerName, AcceptorFile.StateName],
            Directory.GetFiles(Folder).Select(Path.GetFileName).Where(name => name != "discovery.lock").Order());
    }

    [Fact]
    public async Task A_state_that_is_gone_is_lost_and_a_folder_that_is_gone_makes_a_new_node()
    {
        await SaveAsync([1]);

        File.Delete(State);
        var lost = await LoadAsync();
        Assert.Equal((true, true), (lost.IsLost, lost.Bytes is null));
        Assert.Contains($"{State}: is missing", lost.Problem, StringComparison.Ordinal);

        Directory.Delete(Folder, recursive: true);
        Assert.Equal(new StoredState(null, false, null), await LoadAsync());
    }

    [Fact]
    public async Task A_crash_before_the_marker_is_made_up_for()
    {
        await SaveAsync([1]);
        File.Delete(Path.Combine(Folder, AcceptorFile.MarkerName));

        Assert.False((await LoadAsync()).IsLost);
        File.Delete(State);

        Assert.True((await LoadAsync()).IsLost);
    }

    [Fact]
    public async Task A_crash_while_saving_leaves_the_old_state()
    {
        await SaveAsync([1]);
        await File.WriteAllBytesAsync(State + ".tmp", [1, 2, 3]);

        Assert.Equal([1], (await LoadAsync()).Bytes!.Value.ToArray());
        await SaveAsync([2]);
        Assert.Equal([2], (await LoadAsync()).Bytes!.Value.ToArray());
    }

    [Theory, MemberData(nameof(Seeds))]
    public async Task A_state_with_any_byte_changed_or_missing_is_lost_and_named(int seed)
    {
        var random = new Random(seed);
        var state = new byte[random.Next(0, 200)];
        random.NextBytes(state);
        await SaveAsync(state);
        var bytes = await File.ReadAllBytesAsync(State);
        if (random.Next(3) == 0)
        {
            bytes = bytes[..random.Next(bytes.Length)];
        }
        else
        {
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
        }

        await File.WriteAllBytesAsync(State, bytes);
        var lost = await LoadAsync();

        Assert.Equal((true, true), (lost.IsLost, lost.Bytes is null));
        Assert.StartsWith($"{State}: is ", lost.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blue", "b@h2")]
    [InlineData("green", "a@h1")]
    public async Task A_state_of_another_node_or_cluster_is_an_error(string cluster, string node)
    {
        await SaveAsync([1]);

        using var other = new AcceptorFile(Folder, cluster, node);
        var error = await Assert.ThrowsAsync<IOException>(async () => await other.LoadAsync(default));

        Assert.StartsWith(
            $"{State}: is the state of node a@h1 in cluster blue, but this is node {node} in cluster {cluster}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_another_process_uses_is_an_error()
    {
        using var first = new AcceptorFile(Folder, "blue", "a@h1");
        await first.LoadAsync(default);
        using var second = new AcceptorFile(Folder, "blue", "a@h1");

        var error = await Assert.ThrowsAsync<IOException>(async () => await second.LoadAsync(default));

        Assert.StartsWith($"{Folder}: another process uses it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_an_error()
    {
        await File.WriteAllTextAsync(Folder, "a file");

        var error = await Assert.ThrowsAsync<IOException>(LoadAsync);

        Assert.StartsWith($"{Folder}: the state of node a@h1 cannot be read", error.Message, StringComparison.Ordinal);
        Assert.Contains("Check node.data_directory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_cannot_be_written_is_an_error_and_the_old_one_stays()
    {
        using var store = new AcceptorFile(Folder, "blue", "a@h1");
        await store.LoadAsync(default);
        await store.SaveAsync(new byte[] { 1 }, default);
        Directory.CreateDirectory(State + ".tmp"); // In the way of the temporary file, for any user.

        var error = await Assert.ThrowsAsync<IOException>(async () => await store.SaveAsync(new byte[] { 2 }, default));

        Assert.StartsWith($"{Folder}: the state of node a@h1 cannot be saved", error.Message, StringComparison.Ordinal);
        store.Dispose();
        Assert.Equal([1], (await LoadAsync()).Bytes!.Value.ToArray());
    }

    [Fact]
    public async Task A_full_disk_is_an_error_and_the_old_state_stays()
    {
        if (!OperatingSystem.IsLinux() || !TryMountSmall(Folder))
        {
            return; // Needs the right to mount a file system of 64 KiB.
        }

        try
        {
            using var store = new AcceptorFile(Folder, "blue", "a@h1");
            await store.LoadAsync(default);
            await store.SaveAsync(new byte[] { 1 }, default);

            var error = await Assert.ThrowsAsync<IOException>(async () => await store.SaveAsync(new byte[256 * 1024], default));

            Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
            store.Dispose();
            Assert.Equal([1], (await LoadAsync()).Bytes!.Value.ToArray());
        }
        finally
        {
            Run("umount", Folder);
        }
    }

    private async Task<StoredState> LoadAsync()
    {
        using var store = new AcceptorFile(Folder, "blue", "a@h1");
        return await store.LoadAsync(default);
    }

    private async Task SaveAsync(byte[] state)
    {
        using var store = new AcceptorFile(Folder, "blue", "a@h1");
        await store.LoadAsync(default);
        await store.SaveAsync(state, default);
    }

    private static bool TryMountSmall(string folder)
    {
        Directory.CreateDirectory(folder);
        return Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
    }

    private static bool Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
