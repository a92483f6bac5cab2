using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.Tests;

/// <summary>Keeps what all loggers are told, for tests that count lines or wait for one.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Channel<(int Id, string Text)> _lines = Channel.CreateUnbounded<(int, string)>();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Writer.TryWrite((eventId.Id, formatter(state, exception)));

    /// <summary>Returns the lines with an id that have come since this was last asked; those with others are dropped.</summary>
    public IReadOnlyList<string> Take(int id)
    {
        var taken = new List<string>();
        while (_lines.Reader.TryRead(out var line))
        {
            if (line.Id == id)
            {
                taken.Add(line.Text);
            }
        }

        return taken;
    }

    /// <summary>Completes with the next line with an id; those before it are dropped.</summary>
    public async Task<string> NextAsync(int id)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var (seen, text) = await _lines.Reader.ReadAsync(limit.Token);
            if (seen == id)
            {
                return text;
            }
        }
    }
}
