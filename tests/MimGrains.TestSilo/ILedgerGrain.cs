using MimGrains.Persistent;

namespace MimGrains.TestSilo;

/// <summary>Runs transactions on the silo that is asked: the gateway of the client.</summary>
[Alias("test.ledger")]
public interface ILedgerGrain : IGrainWithIntegerKey
{
    /// <summary>Runs a transaction; its errors are those of <see cref="ITransactions"/>.</summary>
    [Alias("run")]
    Task<AccountRead[]> RunAsync(LedgerRequest request);

    /// <summary>Takes the write locks of accounts, and keeps them for as long as the transaction may take.</summary>
    [Alias("hold")]
    Task HoldAsync(AccountName[] accounts, TimeSpan timeout);

    /// <summary>Returns what became of a transaction.</summary>
    [Alias("outcome")]
    Task<TransactionOutcome> OutcomeAsync(TransactionId id);
}

/// <summary>An account of a table.</summary>
[GenerateSerializer, Immutable, Alias("test.account-name")]
public readonly record struct AccountName([property: Id(0)] StorageType Storage, [property: Id(1)] string Key)
{
    public override string ToString() => $"{Ledgers.NameOf(Storage)}/{Key}";
}

/// <summary>What a transaction found; null for nothing.</summary>
[GenerateSerializer, Immutable, Alias("test.account-read")]
public sealed record AccountRead([property: Id(0)] AccountName Name, [property: Id(1)] Account? Account);

/// <summary>A transaction.</summary>
/// <param name="Id">Names it; what it writes has this name.</param>
/// <param name="Steps">What it does, in this order.</param>
/// <param name="Timeout">How long it may take.</param>
[GenerateSerializer, Immutable, Alias("test.ledger-request")]
public sealed record LedgerRequest(
    [property: Id(0)] string Id, [property: Id(1)] LedgerStep[] Steps, [property: Id(2)] TimeSpan Timeout);

/// <summary>One step of a transaction: reads an account, and changes it unless it only looks.</summary>
/// <param name="Name">The account.</param>
/// <param name="Amount">What it gets; null to look only.</param>
/// <param name="IsUpgrade">Whether it reads first with a read lock, and takes the write lock when it writes.</param>
[GenerateSerializer, Immutable, Alias("test.ledger-step")]
public sealed record LedgerStep(
    [property: Id(0)] AccountName Name, [property: Id(1)] long? Amount, [property: Id(2)] bool IsUpgrade);
