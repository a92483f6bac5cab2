using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;

namespace MimGrains.Clustering.NodeList;

// a change is signalled, or the period is over -> read -> settled? -> parsed -> published; unreadable for longer than a blip -> problem
/// <summary>The node list of a file, as it changes: watched where the system can tell of changes, and polled anyway.</summary>
/// <remarks>
/// A change counts once the file is quiet for <see cref="SettleTime"/>, so within that and the poll period. What cannot be read, or
/// names no node at all, keeps the list that was there before.
/// </remarks>
internal sealed partial class WatchedNodeList : INodeList, IAsyncDisposable
{
    /// <summary>How long a file must not be written to before it counts, and how long it may be away without being a problem.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(500);

    // Writing a file takes several signals, and other files in its folder have theirs.
    private static readonly TimeSpan SignalPause = TimeSpan.FromMilliseconds(100);

    private readonly INodeListSource _source;
    private readonly DefaultPorts _defaultPorts;
    private readonly TimeSpan _pollPeriod;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SettlingText _settling = new(SettleTime);
    private readonly SemaphoreSlim _signals = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();

    private NodeListSnapshot _current;
    private TaskCompletionSource _changed = NewChange();
    private string? _parsedText;
    private string? _acceptedText;
    private DateTimeOffset? _unreadableSince;
    private IDisposable? _watch;
    private Task? _running;

    /// <summary>Creates the list; nothing is read before <see cref="Start"/>.</summary>
    /// <param name="source">Where the text comes from.</param>
    /// <param name="self">This node; null for a client.</param>
    /// <param name="defaultPorts">The ports of nodes that are listed without; those of this node.</param>
    /// <param name="pollPeriod">How often the source is read when no change is signalled.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where changes and errors are told.</param>
    public WatchedNodeList(
        INodeListSource source,
        NodeName? self,
        DefaultPorts defaultPorts,
        TimeSpan pollPeriod,
        TimeProvider time,
        ILogger<WatchedNodeList> logger)
    {
        _source = source;
        Self = self;
        _defaultPorts = defaultPorts;
        _pollPeriod = pollPeriod;
        _time = time;
        _logger = logger;
        _current = new NodeListSnapshot(0, [], $"{source.Display}: not read yet");
    }

    public NodeName? Self { get; }

    public NodeListSnapshot Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Reads the source, and again whenever it changes. Calling it again does nothing.</summary>
    public void Start()
    {
        lock (_lock)
        {
            _running ??= Task.Run(RunAsync);
        }
    }

    public async Task<NodeListSnapshot> WaitForChangeAsync(long version, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_current.Version > version)
                {
                    return _current;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_running is { } running)
        {
            await running;
        }

        _watch?.Dispose();
        _signals.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await WaitAsync(Check());
        }
    }

    // Returns how long to wait for the next check, if no change is signalled before.
    private TimeSpan Check()
    {
        _watch ??= _source.Watch(Signal);
        try
        {
            var (text, writtenAt) = _source.Read();
            _unreadableSince = null;
            var left = _settling.Offer(text, writtenAt, _time.GetUtcNow());
            if (left > TimeSpan.Zero)
            {
                return left;
            }

            Take(text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Its folder may be another one by now.
            _watch?.Dispose();
            _watch = _source.Watch(Signal);
            return Miss(exception.Message);
        }

        return _pollPeriod;
    }

    private void Take(string text)
    {
        if (string.Equals(text, _acceptedText, StringComparison.Ordinal))
        {
            Publish(Current.Nodes, null);
            return;
        }

        var read = NodeListParser.Parse(text, _defaultPorts);
        if (!string.Equals(text, _parsedText, StringComparison.Ordinal))
        {
            _parsedText = text;
            LogErrors(read.Errors);
        }

        if (read.Nodes.Count == 0)
        {
            Publish(Current.Nodes, $"{_source.Display}: names no node");
            return;
        }

        _acceptedText = text;
        Publish(read.Nodes, null);
    }

    private TimeSpan Miss(string reason)
    {
        var now = _time.GetUtcNow();
        _unreadableSince ??= now;
        var left = _unreadableSince.Value + SettleTime - now;
        if (left > TimeSpan.Zero && _acceptedText is not null)
        {
            return left;
        }

        Publish(Current.Nodes, $"{_source.Display}: {reason}");
        return _pollPeriod;
    }

    private void Publish(IReadOnlyList<ListedNode> nodes, string? problem)
    {
        var before = Current;
        var isSameList = before.Nodes.SequenceEqual(nodes);
        if (isSameList && before.Problem == problem)
        {
            return;
        }

        if (problem is not null)
        {
            LogUnreadable(_logger, problem, before.Nodes.Count);
        }
        else if (isSameList)
        {
            LogReadable(_logger, _source.Display, nodes.Count);
        }
        else
        {
            LogChanged(_logger, _source.Display, nodes.Count, string.Join(", ", nodes.Select(node => node.Name)));
            CheckPorts(nodes);
        }

        TaskCompletionSource changed;
        lock (_lock)
        {
            _current = new NodeListSnapshot(before.Version + 1, nodes, problem);
            changed = _changed;
            _changed = NewChange();
        }

        changed.SetResult();
    }

    // That it is not listed at all is for those to say who have to wait for it.
    private void CheckPorts(IReadOnlyList<ListedNode> nodes)
    {
        if (nodes.FirstOrDefault(node => node.Name == Self) is { } own
            && new DefaultPorts(own.SiloPort, own.GatewayPort, own.DiscoveryPort) != _defaultPorts)
        {
            LogOtherPorts(
                _logger, _source.Display, own.Name,
                $"{own.SiloPort}:{own.GatewayPort}:{own.DiscoveryPort}",
                $"{_defaultPorts.Silo}:{_defaultPorts.Gateway}:{_defaultPorts.Discovery}");
        }
    }

    private void LogErrors(IReadOnlyList<NodeListError> errors)
    {
        foreach (var error in errors)
        {
            LogError(_logger, _source.Display, error.Line, error.Message);
        }
    }

    private void Signal()
    {
        try
        {
            _signals.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // It is signalled already, or nobody waits any more.
        }
    }

    private async Task WaitAsync(TimeSpan wait)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var signal = _signals.WaitAsync(waiting.Token);
        if (await Task.WhenAny(Task.Delay(wait, _time, waiting.Token), signal) == signal)
        {
            await Task.WhenAny(Task.Delay(SignalPause, _time, waiting.Token));
        }

        await waiting.CancelAsync();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
