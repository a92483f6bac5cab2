namespace MimGrains.ProcessSupport;

/// <summary>A line that a process printed.</summary>
/// <param name="Number">0, 1, 2, ... in the order of arrival, both streams together.</param>
/// <param name="IsError">Whether it came on standard error.</param>
/// <param name="Text">Without the line end.</param>
public readonly record struct OutputLine(long Number, bool IsError, string Text);

/// <summary>What a process printed: the last lines of it, and whoever waits for the next. Any thread.</summary>
public sealed class OutputLog
{
    /// <summary>The most lines that are kept; the oldest go first.</summary>
    public const int MaxLines = 5_000;

    private const int MaxTailColumns = 500;
    private readonly Lock _lock = new();
    private readonly Queue<OutputLine> _lines = new();
    private readonly List<Waiter> _waiters = [];
    private long _next;
    private Exception? _closed;

    /// <summary>Returns the number that the next line will have.</summary>
    public long NextNumber
    {
        get
        {
            lock (_lock)
            {
                return _next;
            }
        }
    }

    /// <summary>Returns the last lines in one text.</summary>
    public string Tail(int lines = 40)
    {
        lock (_lock)
        {
            return string.Join('\n', _lines.TakeLast(lines).Select(line => Shorten(line.Text)));
        }
    }

    /// <summary>
    /// Returns the first line from <paramref name="from"/> on that matches, which may have arrived before.
    /// </summary>
    /// <exception cref="InvalidOperationException">The process ended without printing it.</exception>
    public Task<OutputLine> WaitAsync(Func<string, bool> matches, long from, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(matches);
        lock (_lock)
        {
            foreach (var line in _lines)
            {
                if (line.Number >= from && matches(line.Text))
                {
                    return Task.FromResult(line);
                }
            }

            if (_closed is not null)
            {
                return Task.FromException<OutputLine>(_closed);
            }

            var waiter = new Waiter(matches, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiters.Add(waiter);
            return waiter.Found.Task.WaitAsync(cancellationToken);
        }
    }

    internal void Add(string text, bool isError)
    {
        lock (_lock)
        {
            var line = new OutputLine(_next++, isError, text);
            _lines.Enqueue(line);
            if (_lines.Count > MaxLines)
            {
                _lines.Dequeue();
            }

            // A waiter whose caller gave up is still completed here once its line comes; nobody looks at it then.
            _waiters.RemoveAll(waiter => waiter.Matches(text) && waiter.Found.TrySetResult(line));
        }
    }

    internal void Close(Exception reason)
    {
        lock (_lock)
        {
            _closed = reason;
            _waiters.ForEach(waiter => waiter.Found.TrySetException(reason));
            _waiters.Clear();
        }
    }

    private static string Shorten(string text) => text.Length <= MaxTailColumns ? text : text[..MaxTailColumns] + "...";

    private sealed record Waiter(Func<string, bool> Matches, TaskCompletionSource<OutputLine> Found);
}
