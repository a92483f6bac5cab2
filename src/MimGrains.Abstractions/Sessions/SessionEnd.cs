namespace MimGrains.Sessions;

/// <summary>Why a session ends.</summary>
[GenerateSerializer, Alias("mimgrains.session-end-reason")]
public enum SessionEndReason : byte
{
    /// <summary>Its connection closed it.</summary>
    Closed = 0,

    /// <summary>A newer session of the same full JID took its place.</summary>
    Replaced = 1,

    /// <summary>The user has more sessions than are allowed, and this was the oldest.</summary>
    TooManySessions = 2,

    /// <summary>Somebody else ended it: <see cref="ISessionManager.KickAsync"/>.</summary>
    Kicked = 3,

    /// <summary>Its connection was in an Orleans client that is gone.</summary>
    ConnectionLost = 4,

    /// <summary>Its silo is stopping.</summary>
    SiloStopping = 5,

    /// <summary>Its silo was declared dead, or left before it could say more.</summary>
    SiloDied = 6,
}

/// <summary>How a session ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="By">The session that took its place; null if none did.</param>
/// <param name="Text">For people; empty if nothing was said.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.session-end")]
public sealed record SessionEnd(
    [property: Id(0)] SessionEndReason Reason, [property: Id(1)] SessionKey? By = null, [property: Id(2)] string Text = "");
