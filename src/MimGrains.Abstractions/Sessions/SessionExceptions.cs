namespace MimGrains.Sessions;

/// <summary>A session lost to another one of the same full JID, or of the same user, while it was being opened.</summary>
[GenerateSerializer, Alias("mimgrains.session-replaced")]
public sealed class SessionReplacedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SessionReplacedException(SessionKey session, SessionKey by)
        : base($"Session {session} was replaced by {by}, which was opened at the same time.") => (Session, By) = (session, by);

    /// <summary>Returns the session that is closed again.</summary>
    [Id(0)]
    public SessionKey Session { get; }

    /// <summary>Returns the one that stays.</summary>
    [Id(1)]
    public SessionKey By { get; }
}

/// <summary>A session that was to be changed is not open (any more).</summary>
[GenerateSerializer, Alias("mimgrains.session-not-found")]
public sealed class SessionNotFoundException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SessionNotFoundException(SessionKey session)
        : base($"Session {session} is not open.") => Session = session;

    /// <summary>Returns its key.</summary>
    [Id(0)]
    public SessionKey Session { get; }
}
