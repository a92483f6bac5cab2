using Microsoft.Extensions.Logging;
using MimGrains.Clustering.NodeList;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.Tests;

/// <summary>When a change of the node list counts; the clock and the source are the test's.</summary>
public sealed class WatchedNodeListTests : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SignalPause = TimeSpan.FromMilliseconds(100);
    private static readonly NodeName Self = new("a@h1");

    private readonly SteppedTime _time = new();
    private readonly FakeSource _source = new();
    private readonly LogLines _log = new();
    private readonly WatchedNodeList _list;

    public WatchedNodeListTests() =>
        _list = new WatchedNodeList(
            _source, Self, new DefaultPorts(1, 2, 3), Poll, _time, new Logger<WatchedNodeList>(_log));

    public ValueTask DisposeAsync() => _list.DisposeAsync();

    [Fact]
    public async Task Before_the_first_read_there_are_no_nodes_and_a_problem()
    {
        Assert.Equal((0, 0, "nodes.txt: not read yet"), (_list.Current.Version, _list.Current.Nodes.Count, _list.Current.Problem));

        await StartAsync("a@h1 b@h2");

        Assert.Equal((1, "a@h1 b@h2", null), Shown());
        Assert.Same(_list.Current, await _list.WaitForChangeAsync(0, CancellationToken.None));
    }

    [Fact]
    public async Task A_change_without_a_signal_counts_within_the_poll_period_and_the_settle_time()
    {
        await StartAsync("a@h1");
        var change = _list.WaitForChangeAsync(1, CancellationToken.None);

        _source.Write("a@h1 b@h2", _time.GetUtcNow() + Poll); // At the last moment before the poll.
        await StepAsync(Poll);
        Assert.Equal((1, "a@h1", null), Shown());
        await StepAsync(WatchedNodeList.SettleTime);

        Assert.Equal((2, "a@h1 b@h2", null), Shown());
        Assert.Equal(2, (await change).Version);
        Assert.InRange(Poll + WatchedNodeList.SettleTime, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_file_that_is_renamed_into_place_counts_at_the_signal()
    {
        await StartAsync("a@h1");

        _source.Write("a@h1 b@h2", _time.GetUtcNow() - WatchedNodeList.SettleTime);
        _source.Signal();
        await _time.TimerAsync();
        await StepAsync(SignalPause);

        Assert.Equal((2, "a@h1 b@h2", null), Shown());
    }

    [Fact]
    public async Task A_file_that_is_still_written_to_does_not_count()
    {
        await StartAsync("a@h1 b@h2 c@h3");

        foreach (var half in new[] { "", "a@h1", "a@h1 b@h2 c@h" })
        {
            _source.Write(half, _time.GetUtcNow());
            _source.Signal();
            await _time.TimerAsync();
            await StepAsync(SignalPause);
        }

        _source.Write("a@h1 b@h2 c@h3 d@h4", _time.GetUtcNow());
        Assert.Equal((1, "a@h1 b@h2 c@h3", null), Shown());
        await StepAsync(WatchedNodeList.SettleTime - SignalPause);
        await StepAsync(WatchedNodeList.SettleTime);

        Assert.Equal((2, "a@h1 b@h2 c@h3 d@h4", null), Shown());
    }

    [Fact]
    public async Task A_file_from_the_future_counts_once_it_was_seen_unchanged_for_the_settle_time()
    {
        await StartAsync("a@h1");

        _source.Write("a@h1 b@h2", _time.GetUtcNow().AddYears(1));
        await StepAsync(Poll);
        await StepAsync(WatchedNodeList.SettleTime);

        Assert.Equal((2, "a@h1 b@h2", null), Shown());
    }

    [Fact]
    public async Task A_file_that_is_away_for_a_blink_is_no_problem_and_longer_keeps_the_last_good_list()
    {
        await StartAsync("a@h1 b@h2");

        _source.Failure = new FileNotFoundException("it is not there");
        await StepAsync(Poll);
        Assert.Equal((1, "a@h1 b@h2", null), Shown());
        await StepAsync(WatchedNodeList.SettleTime);
        Assert.Equal((2, "a@h1 b@h2", "nodes.txt: it is not there"), Shown());

        _source.Failure = null;
        await StepAsync(Poll);
        Assert.Equal((3, "a@h1 b@h2", null), Shown());
        Assert.Equal("Discovery works again: node list nodes.txt names the same 2 nodes as before", await _log.NextAsync(ClusteringEventId.NodeListReadable));
    }

    [Fact]
    public async Task A_file_that_is_not_there_at_the_start_is_waited_for()
    {
        _source.Failure = new UnauthorizedAccessException("it is not yours");
        _list.Start();
        await _time.TimerAsync();
        Assert.Equal((1, "", "nodes.txt: it is not yours"), Shown());

        _source.Failure = null;
        _source.Write("a@h1", DateTimeOffset.MinValue);
        await StepAsync(Poll);

        Assert.Equal((2, "a@h1", null), Shown());
    }

    [Fact]
    public async Task A_file_without_any_node_keeps_the_last_good_list()
    {
        await StartAsync("a@h1 b@h2");

        _source.Write("# nobody", DateTimeOffset.MinValue);
        await StepAsync(Poll);

        Assert.Equal((2, "a@h1 b@h2", "nodes.txt: names no node"), Shown());
    }

    [Fact]
    public async Task Errors_are_told_once_with_file_and_line()
    {
        await StartAsync("a@h1\nb\nc@h3");
        await StepAsync(Poll);
        await StepAsync(Poll);

        Assert.Equal((1, "a@h1 c@h3", null), Shown());
        var line = Assert.Single(_log.Take(ClusteringEventId.NodeListErrors));
        Assert.StartsWith("Node list nodes.txt, line 2: \"b\" has no @", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_comments_and_spaces_is_no_change_of_the_list()
    {
        await StartAsync("a@h1 b@h2");

        _source.Write("# both\na@h1\nb@h2", DateTimeOffset.MinValue);
        await StepAsync(Poll);

        Assert.Equal((1, "a@h1 b@h2", null), Shown());
    }

    [Fact]
    public async Task A_line_with_other_ports_than_this_node_has_is_told()
    {
        await StartAsync("a@h1:7:8:9");

        Assert.Contains(
            "gives a@h1 the ports 7:8:9 (silo:gateway:discovery), but it listens on 1:2:3",
            Assert.Single(_log.Take(ClusteringEventId.OtherPortsInNodeList)),
            StringComparison.Ordinal);
    }

    private async Task StartAsync(string text)
    {
        _source.Write(text, DateTimeOffset.MinValue);
        _list.Start();
        await _time.TimerAsync();
    }

    // The list reads again, and then waits again.
    private Task StepAsync(TimeSpan step)
    {
        _time.Advance(step);
        return _time.TimerAsync();
    }

    private (long Version, string Nodes, string? Problem) Shown() =>
        (_list.Current.Version, string.Join(' ', _list.Current.Nodes.Select(node => node.Name)), _list.Current.Problem);

    private sealed class FakeSource : INodeListSource, IDisposable
    {
        private volatile Tuple<string, DateTimeOffset> _text = Tuple.Create("", DateTimeOffset.MinValue);
        private Action? _onChange;

        public string Display => "nodes.txt";

        public Exception? Failure { get; set; }

        public void Write(string text, DateTimeOffset writtenAt) => _text = Tuple.Create(text, writtenAt);

        public void Signal() => _onChange!();

        public (string Text, DateTimeOffset WrittenAt) Read() => Failure is null ? (_text.Item1, _text.Item2) : throw Failure;

        public IDisposable? Watch(Action onChange)
        {
            _onChange = onChange;
            return this;
        }

        public void Dispose()
        {
        }
    }
}
