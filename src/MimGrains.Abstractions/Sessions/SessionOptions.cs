using System.ComponentModel.DataAnnotations;

namespace MimGrains.Sessions;

/// <summary>How sessions behave. The same on every silo.</summary>
public sealed class SessionOptions
{
    /// <summary>Gets or sets how long a new session waits for the connections of those that it replaces: <c>replaced_wait_timeout</c>.</summary>
    /// <value>1 ms to 1 min; default 2 s. After that they are closed without their answer, which is logged.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan ReplacedWaitTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets how many sessions a user may have; one more ends the oldest: <c>max_user_sessions</c>.</summary>
    /// <value>1 to 10,000; default 100.</value>
    [Range(1, 10_000)]
    public int UserSessionsMax { get; set; } = 100;

    /// <summary>Gets or sets how long a message that is routed waits for a connection to take it.</summary>
    /// <value>
    /// 1 ms to 10 min; default 5 s. After that the outcome is <see cref="RouteOutcome.NoAnswer"/>. If it is longer than Orleans'
    /// <c>ResponseTimeout</c> (30 s), that ends the wait, with a <see cref="TimeoutException"/>.
    /// </value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan RouteTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets for how many sessions of a dead silo <see cref="ISessionCleanup"/> runs between two notes of how far it came.</summary>
    /// <value>1 to 10,000; default 500.</value>
    [Range(1, 10_000)]
    public int CleanupStep { get; set; } = 500;

    /// <summary>Gets or sets how long a stopping silo takes to tell its connections and to close their sessions.</summary>
    /// <value>0 to 10 min; default 5 s. What is left then is cleaned up by the other silos.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
