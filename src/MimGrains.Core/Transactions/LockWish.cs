namespace MimGrains.Core.Transactions;

/// <summary>A lock that a transaction wants in a fragment.</summary>
/// <param name="Key">The record; null for the whole slice.</param>
/// <param name="Mode">For a record: shared or exclusive.</param>
public readonly record struct LockWish(RecordKey? Key, LockMode Mode)
{
    /// <summary>Returns a wish for a record.</summary>
    public static LockWish OfRecord(ReadOnlyMemory<byte> key, LockMode mode) => new(new RecordKey(key), mode);

    /// <summary>Returns a wish for the whole slice.</summary>
    public static LockWish OfSlice(LockMode mode) => new(null, mode);
}

/// <summary>What a request asks of the lock table: all of its wishes at once, or none.</summary>
internal sealed class LockClaim
{
    public required long Call { get; init; }

    public required TransactionId Id { get; init; }

    public required TransactionAge Age { get; init; }

    /// <summary>
    /// Whether the transaction holds no lock anywhere: it may wait for anybody, and nobody waits for
    /// it.
    /// </summary>
    public required bool IsPatient { get; init; }

    public required IReadOnlyList<LockWish> Wishes { get; init; }

    /// <summary>Set by the lock table: counted in the order in which claims come.</summary>
    public long Order { get; set; }

    /// <summary>Set by the lock table: the mode that the transaction shall hold then, for each granule.</summary>
    public IReadOnlyList<(Granule Granule, LockMode Mode)> Targets { get; set; } = [];
}

/// <summary>What can be locked: a record or the slice. Who holds it, and who waits for it.</summary>
internal sealed class Granule(RecordKey? key)
{
    private readonly int[] _held = new int[LockModes.Count];
    private readonly int[] _waiting = new int[LockModes.Count];

    public RecordKey? Key { get; } = key;

    public Dictionary<LockOwner, LockMode> Holders { get; } = [];

    public List<LockClaim> Waiters { get; } = [];

    public bool IsFree => Holders.Count == 0 && Waiters.Count == 0;

    public LockMode HeldBy(LockOwner? owner) => owner is null ? LockMode.None : Holders.GetValueOrDefault(owner);

    public void Hold(LockOwner owner, LockMode mode)
    {
        _held[(int)HeldBy(owner)]--;
        _held[(int)mode]++;
        Holders[owner] = mode;
    }

    public void Drop(LockOwner owner)
    {
        _held[(int)HeldBy(owner)]--;
        Holders.Remove(owner);
    }

    public void Enqueue(LockClaim claim, LockMode mode)
    {
        _waiting[(int)mode]++;
        Waiters.Add(claim);
    }

    public void Dequeue(LockClaim claim, LockMode mode)
    {
        _waiting[(int)mode]--;
        Waiters.Remove(claim);
    }

    /// <summary>Whether somebody else holds it in a mode that does not go together with that one.</summary>
    public bool IsHeldAgainst(LockMode mode, LockMode own)
    {
        foreach (var other in LockModes.ConflictsOf(mode))
        {
            if (_held[(int)other] > (own == other ? 1 : 0))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether somebody waits for it in a mode that does not go together with that one.</summary>
    public bool IsAwaitedAgainst(LockMode mode)
    {
        foreach (var other in LockModes.ConflictsOf(mode))
        {
            if (_waiting[(int)other] > 0)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A transaction that holds locks here.</summary>
internal sealed class LockOwner(TransactionId id, TransactionAge age)
{
    public TransactionId Id { get; } = id;

    public TransactionAge Age { get; } = age;

    public HashSet<Granule> Granules { get; } = [];
}
