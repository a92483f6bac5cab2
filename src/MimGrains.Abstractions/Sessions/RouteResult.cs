namespace MimGrains.Sessions;

/// <summary>What became of a message.</summary>
[GenerateSerializer, Alias("mimgrains.route-outcome")]
public enum RouteOutcome : byte
{
    /// <summary>At least one connection has taken it.</summary>
    Delivered = 0,

    /// <summary>The full JID has no session; or the bare one has none with a priority of 0 or more.</summary>
    NoSession = 1,

    /// <summary>There is a session, but it names no connection, or its connection is gone, or its silo is known to be dead.</summary>
    NotReachable = 2,

    /// <summary>
    /// No connection has taken it, and one has not answered within <see cref="SessionOptions.RouteTimeout"/>: the message may have
    /// arrived, and may still arrive.
    /// </summary>
    NoAnswer = 3,
}

/// <summary>What became of a message, and how many connections have taken it.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.route-result")]
public readonly record struct RouteResult([property: Id(0)] RouteOutcome Outcome, [property: Id(1)] int Deliveries);
