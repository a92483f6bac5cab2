using Orleans.Services;

namespace MimGrains.Sessions;

/// <summary>What a silo does, for whoever asks, to the sessions that it holds the connections of.</summary>
[Alias("mimgrains.session-service")]
internal interface ISessionService : IGrainService
{
    /// <summary>Changes a session, one change after another.</summary>
    /// <returns>Whether it is open.</returns>
    [Alias("change")]
    Task<bool> ChangeAsync(SessionKey key, SessionChange change);

    /// <summary>Ends a session; once, however many ask.</summary>
    /// <param name="key">The session.</param>
    /// <param name="end">Why.</param>
    /// <param name="tells">Whether its connection is told, and waited for, first.</param>
    /// <returns>Whether it was open.</returns>
    [Alias("end")]
    Task<bool> EndAsync(SessionKey key, SessionEnd end, bool tells);
}
