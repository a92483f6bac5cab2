namespace MimGrains.Core.Crashes;

/// <summary>What was seen of a watched incarnation.</summary>
public enum WatchEvent
{
    /// <summary>Its endpoint was dialled, and it answered itself: a line to it is open.</summary>
    Answered = 0,

    /// <summary>The open line to it was closed.</summary>
    LineClosed = 1,

    /// <summary>Its endpoint was dialled and refused: the host is there, the process is not.</summary>
    Refused = 2,

    /// <summary>Its endpoint was dialled, and a later incarnation answered.</summary>
    Restarted = 3,

    /// <summary>Its endpoint was dialled, and there was no answer, or none that tells who it is.</summary>
    Unanswered = 4,

    /// <summary>Another silo dialled it too, and was refused, or met a later incarnation.</summary>
    WitnessAgrees = 5,

    /// <summary>Another silo dialled it too, and it answered.</summary>
    WitnessDisagrees = 6,

    /// <summary>There are other active silos, but none of them could say anything.</summary>
    WitnessesSilent = 7,

    /// <summary>There is no other active silo.</summary>
    NoWitness = 8,

    /// <summary>It was to be declared dead, and is not yet: the membership table is away, or another write came between.</summary>
    NotDeclared = 9,
}

/// <summary>What the watching silo does next.</summary>
public enum WatchStep
{
    /// <summary>Dial the endpoint.</summary>
    Dial = 0,

    /// <summary>Dial the endpoint after the usual pause.</summary>
    DialLater = 1,

    /// <summary>Dial the endpoint after the pause in which a majority on the other side would declare this silo dead.</summary>
    DialAfterLonePause = 2,

    /// <summary>Keep the line, and wait for its end.</summary>
    HoldLine = 3,

    /// <summary>Ask the other active silos to dial it too.</summary>
    AskWitnesses = 4,

    /// <summary>Declare it dead.</summary>
    Declare = 5,
}

/// <summary>Decides, from what one silo sees of one other incarnation, when that is proved to be dead.</summary>
/// <remarks>
/// <para>dial -> answered -> hold the line -> closed -> dial -> refused -> a witness is refused too -> declare.</para>
/// <para>Invariants. (1) A refusal counts only after the incarnation itself has answered at that endpoint from here: an address
/// behind a translator or a balancer that never led to it proves nothing. (2) No answer never counts: a process that is frozen,
/// or a host that is cut off, is left to the probes of the membership. (3) A later incarnation at the endpoint proves the death
/// of the earlier one alone. (4) Where there are other active silos, one of them agrees, or none of them can be asked for a
/// whole pause, in which those on the other side of a partition agree about this silo. (5) Before declaring is tried again, the
/// endpoint is dialled again.</para>
/// <para>Ends from outside, once membership says that the incarnation is gone. Not thread-safe.</para>
/// </remarks>
public sealed class IncarnationWatch
{
    private Phase _phase = Phase.Unknown;

    private enum Phase
    {
        /// <summary>It has not answered from here, or a witness contradicted what was seen from here.</summary>
        Unknown = 0,

        /// <summary>The line is open.</summary>
        Held = 1,

        /// <summary>The line was closed; why is being found out.</summary>
        Checking = 2,

        /// <summary>It was refused; the others are being asked.</summary>
        Asking = 3,

        /// <summary>It was refused, and nobody else could say anything.</summary>
        Alone = 4,

        /// <summary>As <see cref="Alone"/>, and refused again after the pause; the others are asked once more.</summary>
        AskingAlone = 5,

        /// <summary>Proved to be dead; to be declared so.</summary>
        Proved = 6,
    }

    /// <summary>Returns whether it is proved to be dead.</summary>
    public bool IsProvedDead => _phase == Phase.Proved;

    /// <summary>Returns whether a refusal was seen that is not explained yet: no witness for the death of others.</summary>
    public bool IsSuspected => _phase >= Phase.Asking;

    /// <summary>Returns what to do now.</summary>
    public WatchStep Next { get; private set; } = WatchStep.Dial;

    /// <summary>Takes what the last step brought, and returns the next one.</summary>
    /// <exception cref="InvalidOperationException">The event is none that the last step can bring.</exception>
    public WatchStep On(WatchEvent seen)
    {
        (_phase, Next) = (_phase, seen) switch
        {
            (Phase.Held, WatchEvent.LineClosed) => (Phase.Checking, WatchStep.Dial),

            (Phase.Asking or Phase.AskingAlone, WatchEvent.WitnessAgrees) => (Phase.Proved, WatchStep.Declare),
            (Phase.Asking or Phase.AskingAlone, WatchEvent.WitnessDisagrees) => (Phase.Unknown, WatchStep.DialLater),
            (Phase.Asking or Phase.AskingAlone, WatchEvent.NoWitness) => (Phase.Proved, WatchStep.Declare),
            (Phase.Asking, WatchEvent.WitnessesSilent) => (Phase.Alone, WatchStep.DialAfterLonePause),
            (Phase.AskingAlone, WatchEvent.WitnessesSilent) => (Phase.Proved, WatchStep.Declare),

            (Phase.Proved, WatchEvent.NotDeclared) => (Phase.Proved, WatchStep.DialLater),

            (Phase.Held or Phase.Asking or Phase.AskingAlone, _) => throw Unexpected(seen),
            (_, WatchEvent.Answered) => (Phase.Held, WatchStep.HoldLine),
            (_, WatchEvent.Restarted) => (Phase.Proved, WatchStep.Declare),
            (Phase.Alone, WatchEvent.Unanswered) => (Phase.Checking, WatchStep.DialLater),
            (_, WatchEvent.Unanswered) => (_phase, WatchStep.DialLater),
            (Phase.Unknown, WatchEvent.Refused) => (Phase.Unknown, WatchStep.DialLater),
            (Phase.Checking, WatchEvent.Refused) => (Phase.Asking, WatchStep.AskWitnesses),
            (Phase.Alone, WatchEvent.Refused) => (Phase.AskingAlone, WatchStep.AskWitnesses),
            (Phase.Proved, WatchEvent.Refused) => (Phase.Proved, WatchStep.Declare),
            _ => throw Unexpected(seen),
        };
        return Next;
    }

    private InvalidOperationException Unexpected(WatchEvent seen) => new($"A watch that is {_phase} cannot see {seen}.");
}
