using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Clustering.NodeList;

namespace MimGrains.Clustering.Tests;

/// <summary>The ways in which files change, on a real file system: each is seen by a signal alone, and by polling alone.</summary>
[Collection(WatchesFiles)]
public sealed class NodeListFileSourceTests : IAsyncDisposable
{
    /// <summary>One after the other: watchers of one process share their kernel's queue, where signals are merged or dropped.</summary>
    public const string WatchesFiles = "Watches files";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("mimgrains-list-").FullName;
    private WatchedNodeList? _list;
    private long _seen;

    public static TheoryData<bool> SignalsOrPolling => [true, false];

    private string File => Path.Combine(_folder, "nodes.txt");

    public async ValueTask DisposeAsync()
    {
        if (_list is not null)
        {
            await _list.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Theory, MemberData(nameof(SignalsOrPolling))]
    public async Task A_file_that_is_written_to(bool signals)
    {
        await StartAsync(signals);

        await AssertChangedAsync(() => System.IO.File.WriteAllTextAsync(File, "a@h1\nb@h2\n"), "a@h1 b@h2");
    }

    [Theory, MemberData(nameof(SignalsOrPolling))]
    public async Task A_file_that_another_one_is_renamed_over(bool signals)
    {
        await StartAsync(signals);

        await AssertChangedAsync(
            async () =>
            {
                await System.IO.File.WriteAllTextAsync(File + "~", "b@h2");
                System.IO.File.Move(File + "~", File, overwrite: true);
            },
            "b@h2");
    }

    [Theory, MemberData(nameof(SignalsOrPolling))]
    public async Task A_file_that_is_deleted_and_comes_back(bool signals)
    {
        await StartAsync(signals);

        System.IO.File.Delete(File);
        var missing = await NextAsync();
        Assert.Equal("a@h1", Show(missing));
        Assert.Contains("Could not find file", missing.Problem, StringComparison.Ordinal);

        await System.IO.File.WriteAllTextAsync(File, "b@h2");
        await AssertNextAsync("b@h2");
    }

    [Theory, MemberData(nameof(SignalsOrPolling))]
    public async Task A_folder_behind_a_symbolic_link_that_is_swapped(bool signals)
    {
        // As Kubernetes mounts a ConfigMap: nodes.txt -> ..data/nodes.txt, ..data -> a folder for each version.
        Write("v1", "a@h1");
        Write("v2", "b@h2");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "v1");
        System.IO.File.CreateSymbolicLink(File, Path.Combine("..data", "nodes.txt"));
        await StartAsync(signals, write: false);

        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data_tmp"), "v2");
        Assert.Equal(0, Rename(Path.Combine(_folder, "..data_tmp"), Path.Combine(_folder, "..data")));

        await AssertNextAsync("b@h2");
    }

    [Fact]
    public async Task A_folder_that_is_removed_and_comes_back()
    {
        await StartAsync(signals: false);

        Directory.Delete(_folder, recursive: true);
        Assert.NotNull((await NextAsync()).Problem);

        Directory.CreateDirectory(_folder);
        await System.IO.File.WriteAllTextAsync(File, "b@h2");
        await AssertNextAsync("b@h2");
    }

    [Fact]
    public void A_file_that_is_too_large_is_refused()
    {
        System.IO.File.WriteAllText(File, new string('#', NodeListFileSource.FileMaxBytes + 1));

        var error = Assert.Throws<IOException>(() => new NodeListFileSource(File).Read());

        Assert.Contains("1048577 bytes; allowed: at most 1048576", error.Message, StringComparison.Ordinal);
    }

    // .NET renames no link that leads to a folder over another one.
    [DllImport("libc", EntryPoint = "rename", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Rename(string from, string to);

    private void Write(string version, string text)
    {
        Directory.CreateDirectory(Path.Combine(_folder, version));
        System.IO.File.WriteAllText(Path.Combine(_folder, version, "nodes.txt"), text);
    }

    private async Task StartAsync(bool signals, bool write = true)
    {
        if (write)
        {
            await System.IO.File.WriteAllTextAsync(File, "a@h1\n");
        }

        INodeListSource source = new NodeListFileSource(File);
        _list = new WatchedNodeList(
            signals ? source : new Unwatched(source),
            null,
            new DefaultPorts(1, 2, 3),
            signals ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(50),
            TimeProvider.System,
            NullLogger<WatchedNodeList>.Instance);
        _list.Start();
        await AssertNextAsync("a@h1");
    }

    // The system may drop a signal, which is what polling is for: a change that is made again is seen in the end.
    private async Task AssertChangedAsync(Func<Task> change, string nodes)
    {
        var changed = _list!.WaitForChangeAsync(_seen, CancellationToken.None);
        using var again = new PeriodicTimer(TimeSpan.FromSeconds(5));
        for (var times = 1; times <= 12 && !changed.IsCompleted; times++)
        {
            await change();
            await Task.WhenAny(changed, again.WaitForNextTickAsync().AsTask());
        }

        await AssertNextAsync(nodes);
    }

    private async Task AssertNextAsync(string nodes)
    {
        var next = await NextAsync();
        Assert.Equal((nodes, null), (Show(next), next.Problem));
    }

    private async Task<NodeListSnapshot> NextAsync()
    {
        var next = await _list!.WaitForChangeAsync(_seen, CancellationToken.None).WaitAsync(Patience);
        _seen = next.Version;
        return next;
    }

    private static string Show(NodeListSnapshot snapshot) => string.Join(' ', snapshot.Nodes.Select(node => node.Name));

    private sealed class Unwatched(INodeListSource inner) : INodeListSource
    {
        public string Display => inner.Display;

        public (string Text, DateTimeOffset WrittenAt) Read() => inner.Read();

        public IDisposable? Watch(Action onChange) => null;
    }
}
