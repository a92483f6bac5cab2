using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Core.Tests;

public sealed class LockTableTests
{
    private readonly LockTable _locks = new();
    private readonly List<long> _granted = [];
    private long _calls;

    [Theory]
    [InlineData(LockMode.Shared, LockMode.Shared, true)]
    [InlineData(LockMode.Shared, LockMode.Exclusive, false)]
    [InlineData(LockMode.Exclusive, LockMode.Shared, false)]
    [InlineData(LockMode.Exclusive, LockMode.Exclusive, false)]
    public void Records_are_shared_by_readers_only(LockMode held, LockMode wanted, bool isGranted)
    {
        Assert.Equal(LockOutcome.Granted, Claim(1, Record("a", held)));

        Assert.Equal(isGranted ? LockOutcome.Granted : LockOutcome.Refused, Claim(2, Record("a", wanted)));
        Assert.Equal(LockOutcome.Granted, Claim(3, Record("b", wanted)));
    }

    [Theory]
    [InlineData(LockMode.Shared, LockMode.Shared, true)]
    [InlineData(LockMode.Shared, LockMode.Exclusive, false)]
    [InlineData(LockMode.Exclusive, LockMode.Shared, false)]
    public void A_lock_on_the_slice_is_one_on_every_record(LockMode slice, LockMode record, bool isGranted)
    {
        Assert.Equal(LockOutcome.Granted, Claim(1, LockWish.OfSlice(slice)));

        Assert.Equal(isGranted ? LockOutcome.Granted : LockOutcome.Refused, Claim(2, Record("a", record)));
    }

    [Fact]
    public void Whoever_reads_the_slice_and_writes_a_record_keeps_other_writers_out_and_lets_readers_of_other_records_in()
    {
        Claim(1, LockWish.OfSlice(LockMode.Shared), Record("a", LockMode.Exclusive));

        Assert.Equal(LockOutcome.Granted, Claim(2, Record("b", LockMode.Shared)));
        Assert.Equal(LockOutcome.Refused, Claim(3, Record("a", LockMode.Shared)));
        Assert.Equal(LockOutcome.Refused, Claim(4, Record("b", LockMode.Exclusive)));
        Assert.Equal(LockOutcome.Refused, Claim(5, LockWish.OfSlice(LockMode.Shared)));
    }

    [Fact]
    public void The_older_one_waits_and_the_younger_one_dies()
    {
        Claim(5, Record("a", LockMode.Exclusive));

        Assert.Equal(LockOutcome.Refused, Claim(6, Record("a", LockMode.Shared)));
        Assert.Equal(LockOutcome.Waiting, Claim(4, Record("a", LockMode.Shared)));
        // Younger than one that waits before it in another mode.
        Assert.Equal(LockOutcome.Waiting, Claim(3, Record("a", LockMode.Exclusive)));
        Assert.Equal(LockOutcome.Refused, Claim(4, Record("a", LockMode.Exclusive)));

        Release(5);
        Assert.Equal([4], _granted);
        Release(4);
        Assert.Equal([4, 3], _granted);
    }

    [Fact]
    public void Whoever_holds_nothing_waits_for_anybody_and_keeps_nobody_older_waiting()
    {
        Claim(5, Record("a", LockMode.Exclusive));

        Assert.Equal(LockOutcome.Waiting, ClaimPatiently(8, Record("a", LockMode.Exclusive)));
        Assert.Equal(LockOutcome.Waiting, ClaimPatiently(7, Record("a", LockMode.Exclusive)));
        Assert.Equal(LockOutcome.Waiting, Claim(2, Record("a", LockMode.Exclusive)));
        Assert.Equal(LockOutcome.Refused, Claim(9, Record("a", LockMode.Exclusive)));

        Release(5);
        Release(2);
        Release(7);
        Assert.Equal([2, 7, 8], _granted);
    }

    [Fact]
    public void A_reader_becomes_a_writer_before_those_who_wait_for_it()
    {
        Claim(5, Record("a", LockMode.Shared));
        Assert.Equal(LockOutcome.Waiting, ClaimPatiently(4, Record("a", LockMode.Exclusive)));

        Assert.Equal(LockOutcome.Granted, Claim(5, Record("a", LockMode.Exclusive)));

        Release(5);
        Assert.Equal([4], _granted);
    }

    [Fact]
    public void Of_two_readers_that_want_to_write_the_younger_one_dies()
    {
        Claim(1, Record("a", LockMode.Shared));
        Claim(2, Record("a", LockMode.Shared));

        Assert.Equal(LockOutcome.Waiting, Claim(1, Record("a", LockMode.Exclusive)));
        Assert.Equal(LockOutcome.Refused, Claim(2, Record("a", LockMode.Exclusive)));

        Release(2);
        Assert.Equal([1], _granted);
    }

    [Fact]
    public void Locks_of_one_claim_come_together()
    {
        Claim(5, Record("b", LockMode.Exclusive));
        Assert.Equal(LockOutcome.Waiting, Claim(3, Record("a", LockMode.Exclusive), Record("b", LockMode.Exclusive)));

        // It waits with nothing: whoever is older gets the first of them.
        Assert.Equal(LockOutcome.Waiting, Claim(2, Record("a", LockMode.Exclusive)));
        Release(3);
        Assert.Equal([2], _granted);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Nobody_waits_for_ever_and_no_two_hold_what_conflicts(int seed)
    {
        var random = new Random(seed);
        var holders = new Dictionary<long, List<LockWish>>();
        var waiting = new Dictionary<long, LockWish>();
        for (var step = 0; step < 20_000; step++)
        {
            long age = random.Next(1, 12);
            // Whoever waits can do nothing but give up.
            var isWaiting = waiting.TryGetValue(age, out _);
            if (isWaiting || (holders.ContainsKey(age) && random.Next(3) == 0))
            {
                if (!isWaiting || random.Next(10) == 0)
                {
                    End(age);
                }
            }
            else
            {
                var mode = random.Next(2) == 0 ? LockMode.Shared : LockMode.Exclusive;
                var wish = random.Next(12) == 0 ? LockWish.OfSlice(mode) : Record($"{random.Next(4)}", mode);
                switch (holders.ContainsKey(age) ? Claim(age, wish) : ClaimPatiently(age, wish))
                {
                    case LockOutcome.Granted:
                        Hold(age, wish);
                        break;
                    case LockOutcome.Refused:
                        End(age);
                        break;
                    default:
                        waiting.Add(age, wish);
                        break;
                }
            }

            // Somebody who holds locks does not wait, unless nobody waits at all.
            Assert.True(waiting.Count == 0 || holders.Keys.Any(holder => !waiting.ContainsKey(holder)), $"Deadlock in step {step}.");
        }

        foreach (var age in holders.Keys.Concat(waiting.Keys).Distinct().ToList())
        {
            End(age);
        }

        Assert.Equal((0, 0), (_locks.WaitingCount, _locks.OwnerCount));

        void End(long age)
        {
            holders.Remove(age);
            waiting.Remove(age);
            _granted.Clear();
            Release(age);
            foreach (var granted in _granted)
            {
                waiting.Remove(granted, out var wish);
                Hold(granted, wish);
            }
        }

        void Hold(long age, LockWish wish)
        {
            holders.TryAdd(age, []);
            holders[age].Add(wish);
            foreach (var (other, held) in holders.Where(holder => holder.Key != age))
            {
                Assert.DoesNotContain(held, mine => (mine.Key is null || wish.Key is null || mine.Key == wish.Key)
                    && (mine.Mode == LockMode.Exclusive || wish.Mode == LockMode.Exclusive));
            }
        }
    }

    private static LockWish Record(string key, LockMode mode) => LockWish.OfRecord(System.Text.Encoding.UTF8.GetBytes(key), mode);

    private LockOutcome Claim(long age, params LockWish[] wishes) => Claim(age, isPatient: false, wishes);

    private LockOutcome ClaimPatiently(long age, params LockWish[] wishes) => Claim(age, isPatient: true, wishes);

    private LockOutcome Claim(long age, bool isPatient, LockWish[] wishes) => _locks.Claim(
        new LockClaim
        {
            Call = ++_calls,
            Id = IdOf(age),
            Age = new TransactionAge(age, IdOf(age)),
            IsPatient = isPatient,
            Wishes = wishes,
        },
        out _);

    private void Release(long age) => _granted.AddRange(_locks.Release(IdOf(age)).Select(claim => claim.Id.Number));

    private static TransactionId IdOf(long age) => new(new ReplicaId("silo"), age);
}
