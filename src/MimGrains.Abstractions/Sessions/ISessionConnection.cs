using Orleans.Concurrency;

namespace MimGrains.Sessions;

/// <summary>
/// The live connection of a session, of your own: an observer on a silo or in an Orleans client
/// (<c>IGrainFactory.CreateObjectReference</c>), or a grain whose interface extends this one.
/// </summary>
/// <remarks>
/// <para>A session knows it by <see cref="SessionRecord.Target"/>; <see cref="SessionRecord.WithConnection"/> sets that. Orleans
/// holds an observer weakly: keep it as long as its session is open.</para>
/// <para>What a member throws reaches the caller of <see cref="ISessionManager.RouteAsync"/>; what the others throw is logged.</para>
/// </remarks>
[Alias("mimgrains.session-connection")]
public interface ISessionConnection : IGrainObserver
{
    /// <summary>Takes a message that was routed to the session. The route is complete when this is.</summary>
    /// <param name="session">To which session; a connection may have several.</param>
    /// <param name="message">What the sender gave: anything that Orleans serializes.</param>
    [Alias("receive")]
    Task ReceiveAsync(SessionKey session, object message);

    /// <summary>
    /// Tells that the session ends, before it is gone: end the connection. Whoever opened a session in its place waits for this,
    /// at most <see cref="SessionOptions.ReplacedWaitTimeout"/>.
    /// </summary>
    /// <remarks>Not told of what it has closed itself. Interleaves with other calls: it may come while the connection opens.</remarks>
    [Alias("ended"), AlwaysInterleave]
    Task EndedAsync(SessionKey session, SessionEnd end);

    /// <summary>Tells that information of the session was stored, or removed (<paramref name="value"/> is null).</summary>
    /// <remarks>Not waited for by who stored it. Interleaves with other calls.</remarks>
    [Alias("info-changed"), AlwaysInterleave]
    Task InfoChangedAsync(SessionKey session, string name, string? value);
}
