using System.Globalization;
using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>What the transactions of a run do.</summary>
internal enum SimMix
{
    Everything,

    Lists,

    Registers,

    Bank,

    Predicates,
}

/// <summary>A transaction as its user wrote it: it asks for locks, reads, and leaves writes behind.</summary>
internal delegate IEnumerable<SimAsk> SimProgram(SimView view);

/// <summary>Locks that a program wants now.</summary>
internal sealed record SimAsk(FragmentId Fragment, IReadOnlyList<LockWish> Locks);

/// <summary>The programs of all users.</summary>
internal sealed class SimPrograms(SplitMix64 random, SimMix mix)
{
    private const int Accounts = 4;
    private const int Lists = 3;
    private const int Registers = 4;
    private const int MatchesMost = 3;
    private const int FirstBalance = 100;

    private static readonly FragmentId[] All =
    [
        .. new[] { "records", "scanned" }.SelectMany(table =>
            Enumerable.Range(0, TransactionCluster.FragmentsPerTable).Select(index => new FragmentId(table, index))),
    ];

    public static IReadOnlyList<FragmentId> Fragments => All;

    public static IEnumerable<FragmentId> ScannedFragments => All.Where(fragment => fragment.Table == "scanned");

    /// <summary>Every key that a scan would see if it were there.</summary>
    public static IReadOnlyList<string> ScannedKeys { get; } = [.. Enumerable.Range(0, 8).Select(number => $"p{number}")];

    public static FragmentId FragmentOf(string key) => new(key[0] == 'p' ? "scanned" : "records", key[^1] % TransactionCluster.FragmentsPerTable);

    public (string Name, SimProgram Program) Next()
    {
        var kind = mix == SimMix.Everything ? (SimMix)random.Between(1, 4) : mix;
        var isRead = random.Chance(35);
        return kind switch
        {
            SimMix.Lists when isRead => ("read lists", ReadLists(Some("l", Lists))),
            SimMix.Lists => ("append", Append(Some("l", Lists), isUpgrade: random.Chance(30))),
            SimMix.Registers when random.Chance(25) => ("insert new", InsertNew($"u{random.Between(0, 5)}")),
            SimMix.Registers => ("registers", Change(Some("r", Registers), [.. Enumerable.Range(0, Registers).Select(_ => random.Chance(50))])),
            SimMix.Bank when isRead => ("sum", Sum()),
            SimMix.Bank => ("transfer", Transfer()),
            _ when isRead => ("delete one", DeleteOne()),
            _ => ("insert if few", InsertIfFew(random.Pick(ScannedKeys))),
        };
    }

    // Keys in any order: who waits for whom is up to the locks.
    private List<string> Some(string kind, int count)
    {
        var keys = Enumerable.Range(0, count).Select(number => $"{kind}{number}").ToList();
        while (keys.Count > 1 && random.Chance(45))
        {
            keys.RemoveAt((int)random.Between(0, keys.Count - 1));
        }

        return [.. keys.OrderBy(_ => random.NextUInt64())];
    }

    private static SimProgram ReadLists(List<string> keys) => _ => keys.Select(key => SimView.Read(key, LockMode.Shared));

    private static SimProgram Append(List<string> keys, bool isUpgrade) => view => AppendTo(view, keys, isUpgrade);

    private static IEnumerable<SimAsk> AppendTo(SimView view, List<string> keys, bool isUpgrade)
    {
        foreach (var key in keys)
        {
            yield return SimView.Read(key, isUpgrade ? LockMode.Shared : LockMode.Exclusive);
            view.Write(key, $"{view.Payload(key)},{view.Id}");
        }
    }

    private static SimProgram Change(List<string> keys, List<bool> reads) => view => ChangeAll(view, keys, reads);

    private static IEnumerable<SimAsk> ChangeAll(SimView view, List<string> keys, List<bool> reads)
    {
        for (var index = 0; index < keys.Count; index++)
        {
            if (reads[index])
            {
                yield return SimView.Read(keys[index], LockMode.Shared);
            }
            else
            {
                view.Write(keys[index], "blind");
            }
        }
    }

    private static SimProgram InsertNew(string key) => view => InsertOne(view, key);

    private static IEnumerable<SimAsk> InsertOne(SimView view, string key)
    {
        yield return SimView.Read(key, LockMode.Shared);
        if (view.Payload(key) is null)
        {
            view.Write(key, "first");
        }
    }

    private SimProgram Transfer()
    {
        var accounts = Enumerable.Range(0, Accounts).Select(number => $"a{number}").OrderBy(_ => random.NextUInt64()).Take(2).ToList();
        var (amount, mode) = ((int)random.Between(1, 20), random.Chance(70) ? LockMode.Exclusive : LockMode.Shared);
        return view => TransferBetween(view, accounts, amount, mode);
    }

    private static IEnumerable<SimAsk> TransferBetween(SimView view, List<string> accounts, int amount, LockMode mode)
    {
        yield return SimView.Read(accounts[0], mode);
        yield return SimView.Read(accounts[1], mode);
        view.Write(accounts[0], $"{Balance(view, accounts[0]) - amount}");
        view.Write(accounts[1], $"{Balance(view, accounts[1]) + amount}");
    }

    private static SimProgram Sum() => view => SumAll(view);

    private static IEnumerable<SimAsk> SumAll(SimView view)
    {
        var accounts = Enumerable.Range(0, Accounts).Select(number => $"a{number}").ToList();
        foreach (var account in accounts)
        {
            yield return SimView.Read(account, LockMode.Shared);
        }

        view.Expect(
            accounts.Sum(account => Balance(view, account)) == Accounts * FirstBalance, "the sum of all accounts has changed");
    }

    private static int Balance(SimView view, string account) =>
        view.Payload(account) is { } balance ? int.Parse(balance, CultureInfo.InvariantCulture) : FirstBalance;

    private static SimProgram InsertIfFew(string key) => view => InsertUnlessFull(view, key);

    private static IEnumerable<SimAsk> InsertUnlessFull(SimView view, string key)
    {
        foreach (var fragment in ScannedFragments)
        {
            yield return SimView.Scan(fragment);
        }

        var found = ScannedKeys.Count(other => view.Payload(other) is not null);
        view.Expect(found <= MatchesMost, $"{found} records are there, more than {MatchesMost}");
        if (found < MatchesMost && view.Payload(key) is null)
        {
            view.Write(key, "here");
        }
    }

    private static SimProgram DeleteOne() => view => DeleteFirst(view);

    private static IEnumerable<SimAsk> DeleteFirst(SimView view)
    {
        foreach (var fragment in ScannedFragments)
        {
            yield return SimView.Scan(fragment);
        }

        if (ScannedKeys.FirstOrDefault(key => view.Payload(key) is not null) is { } first)
        {
            view.Write(first, SimCodec.Deleted);
        }
    }
}

/// <summary>What a program sees and does in one attempt.</summary>
internal sealed class SimView(SimAttempt attempt)
{
    private string? _broken;

    public TransactionId Id => attempt.Id;

    /// <summary>Set when the program saw what cannot be, if the attempt commits.</summary>
    public string? Broken => _broken;

    public static SimAsk Read(string key, LockMode mode) =>
        new(SimPrograms.FragmentOf(key), [LockWish.OfRecord(SimCodec.Bytes(key), mode)]);

    public static SimAsk Scan(FragmentId fragment) => new(fragment, [LockWish.OfSlice(LockMode.Shared)]);

    public string? Payload(string key) => SimCodec.Payload(attempt.Reads.GetValueOrDefault(key));

    public void Write(string key, string payload) => attempt.Writes[key] = SimCodec.Version(attempt.Id, payload);

    public void Expect(bool holds, string otherwise) => _broken ??= holds ? null : otherwise;
}
