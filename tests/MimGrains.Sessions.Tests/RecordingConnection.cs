using System.Collections.Concurrent;
using System.Threading.Channels;

namespace MimGrains.Sessions.Tests;

/// <summary>A connection that keeps what it is told.</summary>
public sealed class RecordingConnection : ISessionConnection
{
    private readonly Channel<(string Name, string? Value)> _info = Channel.CreateUnbounded<(string, string?)>();
    private readonly ConcurrentQueue<(SessionKey Session, object Message)> _received = new();
    private readonly ConcurrentQueue<(SessionKey Session, SessionEnd End)> _ended = new();

    public IReadOnlyList<(SessionKey Session, object Message)> Received => [.. _received];

    public IReadOnlyList<(SessionKey Session, SessionEnd End)> Ended => [.. _ended];

    /// <summary>Gets or sets what is done when the end is told; before it is answered.</summary>
    public Func<SessionKey, Task>? OnEnded { get; set; }

    /// <summary>Gets or sets what a message is answered with.</summary>
    public Exception? ReceiveError { get; set; }

    /// <summary>Gets or sets what a message waits for before it is answered.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    public ValueTask<(string Name, string? Value)> NextInfoAsync() => _info.Reader.ReadAsync();

    public Task ReceiveAsync(SessionKey session, object message)
    {
        _received.Enqueue((session, message));
        return ReceiveError is { } error ? Task.FromException(error) : Answer;
    }

    public Task EndedAsync(SessionKey session, SessionEnd end)
    {
        _ended.Enqueue((session, end));
        return OnEnded?.Invoke(session) ?? Task.CompletedTask;
    }

    public Task InfoChangedAsync(SessionKey session, string name, string? value) =>
        _info.Writer.WriteAsync((name, value)).AsTask();
}
