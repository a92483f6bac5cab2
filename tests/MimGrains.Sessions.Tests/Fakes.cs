using System.Collections.Concurrent;
using System.Threading.Channels;

namespace MimGrains.Sessions.Tests;

/// <summary>Connections that are plain objects.</summary>
internal sealed class FakeConnections() : SessionConnections(null!)
{
    private readonly ConcurrentDictionary<string, ISessionConnection> _connections = new();

    public string Add(ISessionConnection connection)
    {
        var target = $"test/{_connections.Count + 1}";
        _connections[target] = connection;
        return target;
    }

    public override ISessionConnection Of(string target) =>
        _connections.TryGetValue(target, out var connection) ? connection : throw new SiloUnavailableException($"{target} is gone.");
}

/// <summary>A hook that keeps what it is called with.</summary>
internal sealed class RecordingCleanup : ISessionCleanup
{
    private readonly ConcurrentQueue<(Session Session, SessionEnd End)> _ended = new();
    private readonly Channel<(Session Session, SessionEnd End)> _next = Channel.CreateUnbounded<(Session, SessionEnd)>();

    public IReadOnlyList<(Session Session, SessionEnd End)> Ended => [.. _ended];

    public Exception? Error { get; set; }

    /// <summary>Gets or sets what is done in each call.</summary>
    public Action? OnCleanUp { get; set; }

    /// <summary>Returns the next call, in their order; waits for it.</summary>
    public ValueTask<(Session Session, SessionEnd End)> NextAsync() => _next.Reader.ReadAsync();

    public Task CleanUpAsync(Session session, SessionEnd end, CancellationToken cancellationToken)
    {
        OnCleanUp?.Invoke();
        _ended.Enqueue((session, end));
        _next.Writer.TryWrite((session, end));
        return Error is null ? Task.CompletedTask : Task.FromException(Error);
    }
}
