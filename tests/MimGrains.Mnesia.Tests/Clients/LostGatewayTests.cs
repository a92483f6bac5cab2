using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Mnesia.Clients;
using MimGrains.Mnesia.Tests.Transactions;
using MimGrains.Persistent;
using Orleans.Runtime;

namespace MimGrains.Mnesia.Tests.Clients;

/// <summary>A client, or its gateway silo, or a message between them, is lost in the middle of a transaction.</summary>
public sealed class LostGatewayTests(BankCluster bank) : IClassFixture<BankCluster>
{
    [Fact]
    public async Task A_client_that_dies_leaves_no_lock_when_its_lease_has_run_out()
    {
        await bank.FillAsync();
        var time = new FakeTimeProvider();
        var services = bank.Services(0);
        using var desk = new TransactionDesk(
            services.GetRequiredService<ITransactions>(), services.GetRequiredService<ClientTables>(), time);
        var session = Guid.NewGuid();
        await desk.OpenAsync(session, isSync: false, new ClientLimits(null, TimeSpan.FromMinutes(10)));
        var read = await desk.AskAsync(session, 1, [new ReadStep<string, Counter>(BankCluster.Balances.Name, "0", true, true)]);
        Assert.Equal(new Counter(BankCluster.FirstBalance), read.Value);

        // It lives, then it does not.
        time.Advance(TransactionDesk.Lease / 2);
        desk.Renew(session);
        time.Advance(TransactionDesk.Lease / 2);
        read = await desk.AskAsync(session, 2, [new ReadStep<string, Counter>(BankCluster.Balances.Name, "1", true, true)]);
        Assert.Equal(ClientReplyKind.Done, read.Kind);
        var other = BankCluster.TransferAsync(bank.Transactions(1), 0, 1, 5);
        time.Advance(TransactionDesk.Lease);
        await other.WaitAsync(TimeSpan.FromSeconds(20));

        // A client that was only slow learns it.
        var late = await desk.AskAsync(session, 3, [new ControlStep(ClientControl.Commit)]);
        Assert.Equal(ClientReplyKind.Ended, late.Kind);
        Assert.Equal(AbortReason.LeaseExpired, Assert.IsType<TransactionAbortedException>(late.Failure).Reason);
        for (var look = 0; look < 6 && desk.Open > 0; look++)
        {
            time.Advance(TransactionDesk.Lease / 2);
        }

        Assert.Equal(0, desk.Open);
    }

    [Fact]
    public async Task The_body_is_run_again_when_the_gateway_is_lost_before_the_commit()
    {
        await bank.FillAsync();
        var grain = new LossyGrain(Real) { ForgottenBefore = steps => steps is [ReadStep<string, Counter>] };
        var runs = 0;
        await Of(grain).TransactionAsync(async transaction =>
        {
            runs++;
            await transaction.UpdateCounterAsync(BankCluster.Balances, "0", 1);
            await transaction.ReadAsync(BankCluster.Balances, "1");
        });

        Assert.Equal(2, runs);
        Assert.Equal(BankCluster.FirstBalance + 1, await ReadAsync("0"));
    }

    [Fact]
    public async Task A_request_whose_answer_is_lost_is_not_done_twice()
    {
        await bank.FillAsync();
        var grain = new LossyGrain(Real) { LostAfter = _ => true };
        await Of(grain).TransactionAsync(async transaction =>
        {
            Assert.Equal(101, await transaction.UpdateCounterAsync(BankCluster.Balances, "0", 1));
            Assert.Equal(1, transaction.Attempt);
        });

        Assert.Equal(2, grain.Losses);
        Assert.Equal(BankCluster.FirstBalance + 1, await ReadAsync("0"));
    }

    [Fact]
    public async Task A_transaction_is_in_doubt_when_the_gateway_is_lost_with_the_commit()
    {
        await bank.FillAsync();
        var grain = new LossyGrain(Real) { LostAfter = IsCommit, ForgetsLost = true };
        var transactions = Of(grain);
        var doubt = await Assert.ThrowsAsync<TransactionInDoubtException>(() => transactions.TransactionAsync(
            async transaction => await transaction.WriteAsync(BankCluster.Balances, "0", new Counter(7))));

        Assert.Equal(TransactionOutcome.Committed, await transactions.OutcomeAsync(doubt.Id));
        Assert.Equal(7, await ReadAsync("0"));

        // One that has only read is read again.
        grain.Losses = 0;
        Assert.Equal(new Counter(7), await transactions.TransactionAsync(
            async transaction => await transaction.ReadAsync(BankCluster.Balances, "0")));
        Assert.Equal(1, grain.Losses);
    }

    private static bool IsCommit(ClientStep[] steps) => steps is [.., ControlStep { Control: ClientControl.Commit }];

    private ITransactionGrain Real => bank.Cluster.Client.GetGrain<ITransactionGrain>(0);

    private static TransactionsClient Of(LossyGrain grain) => new(_ => grain, TimeProvider.System);

    private async Task<long> ReadAsync(string key) => (await bank.Transactions(1).TransactionAsync(
        async transaction => await transaction.ReadAsync(BankCluster.Balances, key)))!.Value;

    /// <summary>Loses what it is told to: answers, each once, or all that the silo knew, once.</summary>
    private sealed class LossyGrain(ITransactionGrain inner) : ITransactionGrain
    {
        private readonly HashSet<(Guid Session, int Number)> _lost = [];
        private bool _hasForgotten;

        public Func<ClientStep[], bool> ForgottenBefore { get; init; } = _ => false;

        public Func<ClientStep[], bool> LostAfter { get; init; } = _ => false;

        /// <summary>Whether the one who is asked again is another silo, the first time.</summary>
        public bool ForgetsLost { get; init; }

        public int Losses { get; set; }

        public Task<ClientReply> OpenAsync(Guid session, bool isSync, ClientLimits options) => inner.OpenAsync(session, isSync, options);

        public async Task<ClientReply> AskAsync(Guid session, int number, ClientStep[] steps)
        {
            if (ForgottenBefore(steps) && !_hasForgotten)
            {
                _hasForgotten = true;
                await inner.AbortAsync(session);
            }

            if (ForgetsLost && _lost.Contains((session, number)))
            {
                return new ClientReply(ClientReplyKind.Unknown, default, 0);
            }

            var reply = await inner.AskAsync(session, number, steps);
            if (LostAfter(steps) && (!ForgetsLost || Losses == 0) && _lost.Add((session, number)))
            {
                Losses++;
                throw new SiloUnavailableException("The answer is lost.");
            }

            return reply;
        }

        public Task RenewAsync(Guid session) => inner.RenewAsync(session);

        public Task DoneAsync(Guid session) => inner.DoneAsync(session);

        public Task AbortAsync(Guid session) => inner.AbortAsync(session);

        public Task<object?> DirtyAsync(ClientStep step, bool isSync) => inner.DirtyAsync(step, isSync);

        public Task<TransactionOutcome> OutcomeAsync(TransactionId id) => inner.OutcomeAsync(id);
    }
}
