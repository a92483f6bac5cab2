using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tests.Storage;
using MimGrains.Persistent;
using MimGrains.Tables;
using CoreId = MimGrains.Core.Transactions.TransactionId;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>A table is deleted while decisions about it are open.</summary>
public sealed class DropTests
{
    private const long Epoch = 3;

    private static readonly FragmentId Self = new("doomed", 0);
    private static readonly FragmentId Other = new("other", 0);
    private static readonly CoreId Transaction = new(new ReplicaId("coordinator"), 1);

    private readonly FakeTimeProvider _time = new();
    private readonly FaultyRows _rows = new(new MemoryRows());

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_fragment_that_waits_for_a_decision_is_dropped_behind_it(bool isCommitted)
    {
        await using var host = await OpenAsync();
        Assert.Equal(AnswerKind.Prepared, await AskAsync(host, PlannedCallKind.Prepare, call => call with { Decider = Other }));
        var dropped = host.DropAsync();
        Assert.False(dropped.IsCompleted);

        Assert.Equal(AnswerKind.Resolved, await AskAsync(host, PlannedCallKind.Resolve, call => call with { IsCommitted = isCommitted }));
        await dropped;
        Assert.Empty(_rows.Keys);
    }

    [Fact]
    public async Task A_fragment_that_others_wait_for_is_dropped_when_all_of_them_have_its_decision()
    {
        await using var host = await OpenAsync();
        Assert.Equal(AnswerKind.Committed, await AskAsync(host, PlannedCallKind.Commit, call => call with { Participants = [Other] }));
        var dropped = host.DropAsync();
        Assert.False(dropped.IsCompleted);

        // A participant that has lost the word of the coordinator still gets the outcome here.
        Assert.Equal(AnswerKind.Committed, await AskAsync(host, PlannedCallKind.AskOutcome, call => call));
        await AskAsync(host, PlannedCallKind.Acknowledge, call => call with { Participants = [Other] });
        await dropped;
        Assert.Empty(_rows.Keys);
    }

    [Fact]
    public async Task A_fragment_is_not_dropped_while_a_decision_stays_open_and_goes_on_then()
    {
        await using var host = await OpenAsync();
        Assert.Equal(AnswerKind.Prepared, await AskAsync(host, PlannedCallKind.Prepare, call => call with { Decider = Other }));
        var dropped = host.DropAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<PersistentTableUnavailableException>(() => dropped);

        Assert.Equal(AnswerKind.Resolved, await AskAsync(host, PlannedCallKind.Resolve, call => call with { IsCommitted = true }));
        await host.DropAsync();
    }

    [Fact]
    public async Task A_transaction_whose_decider_is_deleted_before_it_is_asked_leaves_no_lock()
    {
        await using var bank = new BankLife();
        await bank.Cluster.InitializeAsync();
        var home = bank.Cluster.HolderOf(BankCluster.Tallies.Name, 0);
        var transactions = bank.Cluster.Transactions(home);

        // Its name comes first: its fragment decides.
        var decides = new PersistentTableDefinition<string, Counter>("a-decider") { Storage = StorageType.Ram };
        var tables = bank.Cluster.Services(home).GetRequiredService<IPersistentTables>();
        await tables.CreateAsync(decides);
        var (begun, mayWrite) = (new TaskCompletionSource(), new TaskCompletionSource());
        var both = transactions.TransactionAsync(async transaction =>
        {
            begun.TrySetResult();
            await mayWrite.Task;
            await transaction.WriteAsync(BankCluster.Tallies, "k", new Counter(1));
            await transaction.WriteAsync(decides, "k", new Counter(1));
        });
        await begun.Task;
        var holds = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var holder = transactions.TransactionAsync(async transaction =>
        {
            await transaction.ReadForWriteAsync(BankCluster.Tallies, "k");
            holds.SetResult();
            await mayEnd.Task;
        });
        await holds.Task;

        // Goes on in this call: being the older one, it waits to prepare in the fragment of this silo.
        mayWrite.SetResult();
        await tables.DeleteAsync(decides.Name);
        mayEnd.SetResult();
        await holder;

        await Assert.ThrowsAsync<NoSuchTableException>(() => both);
        await transactions.TransactionAsync(async transaction => await transaction.WriteAsync(BankCluster.Tallies, "k", new Counter(2)));
    }

    private async Task<FragmentHost> OpenAsync()
    {
        var host = new FragmentHost(
            Self, new FragmentOwner(Epoch, new ReplicaId("here")), new NoStore(), Fragment.Of(_rows).Log, _ => false, _time, NullLogger.Instance);
        await host.OpenAsync(hasRecords: false, CancellationToken.None);
        return host;
    }

    private static async Task<AnswerKind> AskAsync(FragmentHost host, PlannedCallKind kind, Func<PlannedCall, PlannedCall> with)
    {
        var call = with(new PlannedCall(Self, kind, Transaction, new TransactionAge(0, Transaction), Epoch, HasLocks: false, IsPatient: false));
        if (kind is PlannedCallKind.Prepare or PlannedCallKind.Commit)
        {
            call = call with { Writes = [new FragmentWrite(WriteKind.Put, new byte[] { 1 }, new byte[] { 2 })] };
        }

        return (await host.AskAsync(FragmentRequest.Of(call, "asks", firstOpen: 0, isSync: false))).Kind;
    }

    private sealed class BankLife : IAsyncDisposable
    {
        public BankCluster Cluster { get; } = new();

        public ValueTask DisposeAsync() => new(Cluster.DisposeAsync());
    }
}
