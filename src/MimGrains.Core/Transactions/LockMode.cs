namespace MimGrains.Core.Transactions;

/// <summary>
/// What a lock allows its holder. On a record only <see cref="Shared"/> and <see cref="Exclusive"/> make
/// sense.
/// </summary>
public enum LockMode
{
    /// <summary>No lock.</summary>
    None = 0,

    /// <summary>The holder reads some records of the slice, each under a lock of its own.</summary>
    IntentShared = 1,

    /// <summary>The holder writes some records of the slice, each under a lock of its own.</summary>
    IntentExclusive = 2,

    /// <summary>The holder reads; nobody writes.</summary>
    Shared = 3,

    /// <summary>The holder reads the whole slice and writes some records of it.</summary>
    SharedIntentExclusive = 4,

    /// <summary>The holder writes; nobody reads.</summary>
    Exclusive = 5,
}

/// <summary>How lock modes go together.</summary>
/// <remarks>Gray, Lorie, Putzolu, Traiger, "Granularity of locks and degrees of consistency in a shared data base"
/// (1976).</remarks>
internal static class LockModes
{
    public const int Count = 6;

    private const LockMode N = LockMode.None;
    private const LockMode IS = LockMode.IntentShared;
    private const LockMode IX = LockMode.IntentExclusive;
    private const LockMode S = LockMode.Shared;
    private const LockMode SIX = LockMode.SharedIntentExclusive;
    private const LockMode X = LockMode.Exclusive;

    private static readonly LockMode[][] Conflicting =
    [
        [],
        [X],
        [S, SIX, X],
        [IX, SIX, X],
        [IX, S, SIX, X],
        [IS, IX, S, SIX, X],
    ];

    private static readonly LockMode[,] Joined =
    {
        { N, IS, IX, S, SIX, X },
        { IS, IS, IX, S, SIX, X },
        { IX, IX, IX, SIX, SIX, X },
        { S, S, SIX, S, SIX, X },
        { SIX, SIX, SIX, SIX, SIX, X },
        { X, X, X, X, X, X },
    };

    /// <summary>The modes that two transactions cannot hold beside each other.</summary>
    public static ReadOnlySpan<LockMode> ConflictsOf(LockMode mode) => Conflicting[(int)mode];

    public static bool Conflict(LockMode one, LockMode other) => Array.IndexOf(Conflicting[(int)one], other) >= 0;

    /// <summary>The least mode that allows what both do.</summary>
    public static LockMode Join(LockMode one, LockMode other) => Joined[(int)one, (int)other];

    /// <summary>What a lock on a record needs on its slice.</summary>
    public static LockMode IntentOf(LockMode mode) => mode == X ? IX : IS;

    /// <summary>Whether a lock on the slice makes one on a record needless.</summary>
    public static bool Covers(LockMode slice, LockMode record) => slice == X || (record == S && slice is S or SIX);
}
