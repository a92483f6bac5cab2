using System.Collections.Concurrent;
using System.Diagnostics;
using MimGrains.TestSilo;
using MimGrains.Histories;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>
/// All transactions of a test. Every account names who wrote it and its last versions: so the order of the versions of each
/// account is known, also where nobody heard the end of a transaction, and the whole must be serializable.
/// </summary>
internal sealed class LedgerHistory
{
    private readonly ConcurrentQueue<LedgerTransaction> _transactions = new();
    private int _next;

    public int Committed => _transactions.Count(transaction => transaction.End == LedgerEnd.Committed);

    public static long NowMicros => Stopwatch.GetTimestamp() * 1_000_000 / Stopwatch.Frequency;

    public LedgerTransaction Begin(IReadOnlyList<LedgerStep> steps)
    {
        var transaction = new LedgerTransaction($"t{Interlocked.Increment(ref _next)}", NowMicros, steps);
        _transactions.Enqueue(transaction);
        return transaction;
    }

    /// <summary>Returns how many have ended in each way, for people.</summary>
    public override string ToString() => string.Join(", ", Enum.GetValues<LedgerEnd>().Select(end =>
        $"{_transactions.Count(transaction => transaction.End == end)} {end}"));

    /// <param name="last">
    /// All accounts, read by one transaction at the end: nothing is under way any more.
    /// </param>
    /// <exception cref="InvariantException">Something committed is lost or half done, or there is no serial order.</exception>
    public void Check(LedgerTransaction last)
    {
        Assert.Equal(LedgerEnd.Committed, last.End);
        var transactions = _transactions.ToDictionary(transaction => transaction.Id);
        var versions = Versions(last);
        var writers = versions.SelectMany(chain => chain.Value.Select(writer => (Writer: writer, Account: chain.Key)))
            .ToLookup(version => version.Writer, version => version.Account);
        foreach (var transaction in transactions.Values)
        {
            CheckWhole(transaction, [.. writers[transaction.Id]]);
        }

        List<ObservedTransaction<string>> committed = [];
        foreach (var transaction in transactions.Values.Where(
            transaction => transaction.End == LedgerEnd.Committed || writers.Contains(transaction.Id)))
        {
            Complete(transaction, versions);
            committed.Add(transaction);
        }

        SerializabilityChecker.Check(
            committed, versions.ToDictionary(chain => chain.Key, chain => chain.Value.Select(writer => (writer, writer)).ToList()));
    }

    // Account -> its writers in order, which must have written one after another.
    private Dictionary<string, List<string>> Versions(LedgerTransaction last)
    {
        var seen = new Dictionary<string, SortedDictionary<long, string>>();
        foreach (var transaction in _transactions)
        {
            foreach (var (name, account) in transaction.Found)
            {
                var writers = account?.Writers ?? [];
                for (var index = 0; index < writers.Length; index++)
                {
                    Note(name, account!.Number - index, writers[index]);
                }

                if (transaction.Written.Contains(name))
                {
                    Note(name, (account?.Number ?? 0) + 1, transaction.Id);
                }
            }
        }

        foreach (var (name, account) in last.Found)
        {
            var numbers = seen.GetValueOrDefault($"{name}")?.Keys.ToList() ?? [];
            if (numbers.Count != (account?.Number ?? 0) || (numbers.Count > 0 && numbers[^1] != numbers.Count))
            {
                throw new InvariantException(
                    $"{name} ends with version {account?.Number ?? 0}, but {numbers.Count} versions, up to " +
                    $"{numbers.LastOrDefault()}, were seen.");
            }
        }

        return seen.ToDictionary(account => account.Key, account => account.Value.Values.ToList());

        void Note(AccountName name, long number, string writer)
        {
            if (!seen.TryGetValue($"{name}", out var chain))
            {
                seen.Add($"{name}", chain = []);
            }

            if (!chain.TryAdd(number, writer) && chain[number] != writer)
            {
                throw new InvariantException($"Version {number} of {name} was written by {chain[number]} and by {writer}: one is lost.");
            }
        }
    }

    private static void CheckWhole(LedgerTransaction transaction, List<string> written)
    {
        var wanted = transaction.Written.Select(name => $"{name}").ToList();
        if (transaction.End == LedgerEnd.Aborted && written.Count > 0)
        {
            throw new InvariantException($"{transaction} is aborted, but {string.Join(" and ", written)} has its version.");
        }

        var isCommitted = transaction.End == LedgerEnd.Committed || transaction.IsSaidToBeCommitted || written.Count > 0;
        if (isCommitted && !written.Order().SequenceEqual(wanted.Order()))
        {
            throw new InvariantException(
                $"{transaction} shall be in {string.Join(" and ", wanted)}, but is in [{string.Join(", ", written)}].");
        }
    }

    // Nobody has told what a transaction of an unknown end has read, but what it wrote follows that.
    private static void Complete(LedgerTransaction transaction, Dictionary<string, List<string>> versions)
    {
        foreach (var (name, account) in transaction.Found)
        {
            transaction.Reads[$"{name}"] = account?.Writers[0];
        }

        foreach (var name in transaction.End == LedgerEnd.Unknown ? transaction.Written.Select(name => $"{name}") : [])
        {
            var index = versions[name].IndexOf(transaction.Id);
            transaction.Reads[name] = index == 0 ? null : versions[name][index - 1];
        }
    }
}
