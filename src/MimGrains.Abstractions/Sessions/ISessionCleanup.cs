namespace MimGrains.Sessions;

/// <summary>
/// Code of your own that is run when a session has ended, whatever the reason. Register it as a singleton on every silo:
/// <c>services.AddSingleton&lt;ISessionCleanup, Mine&gt;()</c>.
/// </summary>
/// <remarks>
/// <para>Once for each session in the whole cluster: by the session's own silo, or by one of the survivors when that died. The
/// session is gone from the table by then. Follows MongooseIM's hooks <c>session_cleanup</c>, which every survivor runs, and
/// <c>sm_remove_connection</c>.</para>
/// <para>Which silo cleans up after a dead one is decided by the leader of a table, in steps of <see cref="SessionOptions.CleanupStep"/>
/// sessions that are written down. If the cleaning silo dies or stops too, between a hook and the note of its step, another one goes on
/// after the last step that was noted: the hooks of that one step may then run twice. If a silo dies between the end of a session of
/// its own and the hook, that one does not run. When no silo survives, nobody cleans up.</para>
/// <para>With <c>sm_backend = "mnesia"</c> the note of a step is that its sessions are deleted from the table <c>session_ended</c>. A
/// session that the dead silo had still on its way is looked for once more after 30 s, and cleaned up after as well.</para>
/// <para>Called from many threads. What it throws is logged with the session's key; it is not tried again.</para>
/// </remarks>
public interface ISessionCleanup
{
    /// <summary>Cleans up after one session.</summary>
    Task CleanUpAsync(Session session, SessionEnd end, CancellationToken cancellationToken);
}
