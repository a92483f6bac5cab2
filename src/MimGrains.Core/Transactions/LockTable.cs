namespace MimGrains.Core.Transactions;

// claim -> granted, or it waits and is granted by a release,
// or it is refused: then its transaction lets all go and starts again
/// <summary>The locks of one fragment: the slice over its records, two-phase locking with wait-die.</summary>
/// <remarks>
/// <para>Invariants. (1) No two transactions hold a granule in modes that conflict. (2) A lock on a record goes with an
/// intent on the slice, or is covered by a lock on the slice. (3) A claim takes all of its locks at once: while it
/// waits, its transaction has no more locks than before.</para>
/// <para>No deadlock: a claim of a transaction that holds locks waits only for holders, and for such claims before it,
/// that are all younger; else it is refused ("wait-die", Rosenkrantz, Stearns, Lewis 1978). A patient claim, of a
/// transaction that holds nothing anywhere, waits for anybody; nobody but younger patient claims waits for it. So every
/// chain of waiting goes from older to younger transactions, after at most some patient ones.</para>
/// <para>No starvation: patient claims are served by age, a claim that is younger than a patient one which it would
/// overtake is refused, and transactions keep their age: there are only so many older ones.</para>
/// </remarks>
internal sealed class LockTable
{
    private readonly Granule _slice = new(null);
    private readonly Dictionary<RecordKey, Granule> _records = [];
    private readonly Dictionary<TransactionId, LockOwner> _owners = [];
    private readonly Dictionary<TransactionId, List<LockClaim>> _waiting = [];
    private long _order;

    public int WaitingCount { get; private set; }

    public int OwnerCount => _owners.Count;

    public bool IsHeldBy(TransactionId id) => _owners.ContainsKey(id);

    /// <summary>How a claim came out; if it was refused, for whom.</summary>
    public LockOutcome Claim(LockClaim claim, out TransactionId blocker)
    {
        var owner = _owners.GetValueOrDefault(claim.Id);
        claim.Order = ++_order;
        claim.Targets = TargetsOf(claim.Wishes, owner);
        blocker = default;
        if (!claim.IsPatient && FindOlder(claim, owner) is { } older)
        {
            FreeUnused(claim);
            blocker = older;
            return LockOutcome.Refused;
        }

        if (!IsBlocked(claim))
        {
            Grant(claim);
            return LockOutcome.Granted;
        }

        foreach (var (granule, mode) in claim.Targets)
        {
            granule.Enqueue(claim, mode);
        }

        _waiting.TryAdd(claim.Id, []);
        _waiting[claim.Id].Add(claim);
        WaitingCount++;
        return LockOutcome.Waiting;
    }

    /// <summary>A transaction lets all of its locks go, and its claims that wait.</summary>
    /// <returns>The claims that are granted by it, in that order.</returns>
    public IReadOnlyList<LockClaim> Release(TransactionId id)
    {
        HashSet<LockClaim> next = [];
        if (_waiting.Remove(id, out var waiting))
        {
            waiting.ForEach(claim => Leave(claim, next));
        }

        if (_owners.Remove(id, out var owner))
        {
            foreach (var granule in owner.Granules)
            {
                var mode = granule.HeldBy(owner);
                granule.Drop(owner);
                CollectWaiters(granule, mode, next);
                Free(granule);
            }
        }

        next.RemoveWhere(claim => claim.Id == id);
        return next.Count == 0 ? [] : GrantSome(next);
    }

    /// <summary>One claim waits no longer.</summary>
    /// <returns>The claims that are granted by it, in that order.</returns>
    public IReadOnlyList<LockClaim> Cancel(TransactionId id, long call)
    {
        if (_waiting.GetValueOrDefault(id) is not { } waiting || waiting.Find(claim => claim.Call == call) is not { } cancelled)
        {
            return [];
        }

        HashSet<LockClaim> next = [];
        Forget(cancelled);
        Leave(cancelled, next);
        return GrantSome(next);
    }

    private void Leave(LockClaim claim, HashSet<LockClaim> next)
    {
        WaitingCount--;
        foreach (var (granule, mode) in claim.Targets)
        {
            granule.Dequeue(claim, mode);
            CollectWaiters(granule, mode, next);
            Free(granule);
        }

        next.Remove(claim);
    }

    private List<LockClaim> GrantSome(HashSet<LockClaim> claims)
    {
        List<LockClaim> granted = [];
        foreach (var claim in claims.OrderBy(claim => claim.IsPatient).ThenBy(claim => claim.IsPatient ? 0 : claim.Order)
            .ThenBy(claim => claim.Age).ThenBy(claim => claim.Order))
        {
            if (!IsBlocked(claim))
            {
                WaitingCount--;
                Forget(claim);
                foreach (var (granule, mode) in claim.Targets)
                {
                    granule.Dequeue(claim, mode);
                }

                Grant(claim);
                granted.Add(claim);
            }
        }

        return granted;
    }

    private void Grant(LockClaim claim)
    {
        if (!_owners.TryGetValue(claim.Id, out var owner))
        {
            _owners.Add(claim.Id, owner = new LockOwner(claim.Id, claim.Age));
        }

        foreach (var (granule, mode) in claim.Targets)
        {
            // Another claim of the same transaction may have come before.
            granule.Hold(owner, LockModes.Join(granule.HeldBy(owner), mode));
            owner.Granules.Add(granule);
        }
    }

    // The transaction for whom a claim must not wait; null if there is none.
    private static TransactionId? FindOlder(LockClaim claim, LockOwner? owner)
    {
        foreach (var (granule, mode) in claim.Targets)
        {
            if (granule.IsHeldAgainst(mode, granule.HeldBy(owner)))
            {
                foreach (var (holder, held) in granule.Holders)
                {
                    if (holder != owner && LockModes.Conflict(held, mode) && !claim.Age.IsOlderThan(holder.Age))
                    {
                        return holder.Id;
                    }
                }
            }

            if (granule.IsAwaitedAgainst(mode))
            {
                foreach (var waiter in granule.Waiters)
                {
                    if (waiter.Id != claim.Id && LockModes.Conflict(ModeOf(waiter, granule), mode) && !claim.Age.IsOlderThan(waiter.Age)
                        && !(waiter.IsPatient && IsWaitingFor(waiter, owner)))
                    {
                        return waiter.Id;
                    }
                }
            }
        }

        return null;
    }

    // Whoever a patient claim waits for anyway may overtake it: it would only be longer on its way.
    private static bool IsWaitingFor(LockClaim waiter, LockOwner? owner)
    {
        foreach (var (granule, mode) in waiter.Targets)
        {
            if (LockModes.Conflict(granule.HeldBy(owner), mode))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsBlocked(LockClaim claim)
    {
        var owner = _owners.GetValueOrDefault(claim.Id);
        foreach (var (granule, mode) in claim.Targets)
        {
            if (granule.IsHeldAgainst(mode, granule.HeldBy(owner)))
            {
                return true;
            }
        }

        foreach (var (granule, mode) in claim.Targets)
        {
            if (granule.IsAwaitedAgainst(mode) && granule.Waiters.Exists(waiter => waiter != claim && waiter.Id != claim.Id
                && GoesBefore(waiter, claim) && LockModes.Conflict(ModeOf(waiter, granule), mode)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool GoesBefore(LockClaim waiter, LockClaim claim) => claim.IsPatient
        ? !waiter.IsPatient || waiter.Age.IsOlderThan(claim.Age)
        : !waiter.IsPatient && waiter.Order < claim.Order;

    private static LockMode ModeOf(LockClaim claim, Granule granule)
    {
        foreach (var (target, mode) in claim.Targets)
        {
            if (target == granule)
            {
                return mode;
            }
        }

        return LockMode.None;
    }

    private List<(Granule Granule, LockMode Mode)> TargetsOf(IReadOnlyList<LockWish> wishes, LockOwner? owner)
    {
        var slice = _slice.HeldBy(owner);
        foreach (var wish in wishes)
        {
            slice = LockModes.Join(slice, wish.Key is null ? wish.Mode : LockModes.IntentOf(wish.Mode));
        }

        List<(Granule, LockMode)> targets = [];
        if (slice != _slice.HeldBy(owner))
        {
            targets.Add((_slice, slice));
        }

        foreach (var record in wishes.Where(wish => wish.Key is not null && !LockModes.Covers(slice, wish.Mode))
            .GroupBy(wish => wish.Key!.Value))
        {
            var held = _records.TryGetValue(record.Key, out var granule) ? granule.HeldBy(owner) : LockMode.None;
            var mode = record.Aggregate(held, (joined, wish) => LockModes.Join(joined, wish.Mode));
            if (mode != held)
            {
                if (granule is null)
                {
                    _records.Add(record.Key, granule = new Granule(record.Key));
                }

                targets.Add((granule, mode));
            }
        }

        return targets;
    }

    private static void CollectWaiters(Granule granule, LockMode mode, HashSet<LockClaim> into)
    {
        if (!granule.IsAwaitedAgainst(mode))
        {
            return;
        }

        foreach (var waiter in granule.Waiters)
        {
            if (LockModes.Conflict(ModeOf(waiter, granule), mode))
            {
                into.Add(waiter);
            }
        }
    }

    private void Forget(LockClaim claim)
    {
        var waiting = _waiting[claim.Id];
        waiting.Remove(claim);
        if (waiting.Count == 0)
        {
            _waiting.Remove(claim.Id);
        }
    }

    private void FreeUnused(LockClaim claim)
    {
        foreach (var (granule, _) in claim.Targets)
        {
            Free(granule);
        }
    }

    private void Free(Granule granule)
    {
        if (granule.Key is { } key && granule.IsFree)
        {
            _records.Remove(key);
        }
    }
}

/// <summary>How a claim came out.</summary>
internal enum LockOutcome
{
    Granted,

    Waiting,

    Refused,
}
