using Microsoft.Extensions.Time.Testing;
using MimGrains.Persistent;
using MimGrains.Tables;
using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>Sessions over a persistent table do what they do over a replicated one.</summary>
public sealed class PersistentSessionManagerTests : SessionManagerContract
{
    private readonly MemoryPersistentTable<SessionKey, SessionRecord> _table = new(PersistentSessionTable.Definition);
    private readonly MemoryTransactions _transactions;
    private readonly LocalSessions _local;

    public PersistentSessionManagerTests()
    {
        _transactions = new MemoryTransactions(_table);
        _local = new LocalSessions(new PersistentSessionStore(_table, _transactions), new FakeTimeProvider());
    }

    protected override ISessionManager Sessions => _local.Manager;

    protected override string TargetOf(RecordingConnection connection) => _local.Connections.Add(connection);

    [Fact]
    public async Task A_session_whose_opening_is_not_known_to_have_succeeded_is_closed_again()
    {
        _table.WriteError = new TransactionTimeoutException(new("1"), TimeSpan.FromSeconds(1), "the lock of session");
        await Assert.ThrowsAsync<TransactionTimeoutException>(async () => await Open("alice", "phone"));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public async Task A_table_that_is_not_available_says_so()
    {
        _table.WriteError = new PersistentTableUnavailableException("session", "it is not loaded");
        _table.FailAfterApplying = false;
        var error = await Assert.ThrowsAsync<TableUnavailableException>(async () => await Open("alice", "phone"));
        Assert.Contains("it is not loaded", error.Message, StringComparison.Ordinal);
    }
}
