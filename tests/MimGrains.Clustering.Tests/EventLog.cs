using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MimGrains.Clustering.Tests;

/// <summary>Keeps what is logged, for tests that wait for an event.</summary>
internal sealed class EventLog<T> : ILogger<T>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Channel<(int Id, string Text)> _events = Channel.CreateUnbounded<(int, string)>();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _events.Writer.TryWrite((eventId.Id, formatter(state, exception)));

    /// <summary>Completes with the text of the next event with an id; the events before it are dropped.</summary>
    public async Task<string> NextAsync(int id)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var (seen, text) = await _events.Reader.ReadAsync(limit.Token);
            if (seen == id)
            {
                return text;
            }
        }
    }
}
