using System.Collections.Concurrent;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Clients;

/// <summary>The transactions of clients that this silo runs. Thread-safe.</summary>
internal sealed class TransactionDesk : IDisposable
{
    /// <summary>A client that is not heard of for so long has lost its transaction.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    private const int OpenMost = 10_000;

    private readonly ConcurrentDictionary<Guid, TransactionSession> _sessions = [];
    private readonly ITransactions _transactions;
    private readonly TimeProvider _time;
    private readonly ITimer _looks;

    public TransactionDesk(ITransactions transactions, ClientTables tables, TimeProvider time)
    {
        Tables = tables;
        _transactions = transactions;
        _time = time;
        _looks = time.CreateTimer(_ => EndExpired(), null, Lease / 3, Lease / 3);
    }

    public ClientTables Tables { get; }

    /// <summary>Returns how many transactions there are, with those whose clients have not taken the outcome yet.</summary>
    public int Open => _sessions.Count;

    public Task<ClientReply> OpenAsync(Guid id, bool isSync, ClientLimits limits)
    {
        if (_sessions.Count >= OpenMost)
        {
            var failure = new TransactionAbortedException(
                default, AbortReason.Refused, $"this silo runs {OpenMost} transactions of clients already");
            return Task.FromResult(new ClientReply(ClientReplyKind.Ended, default, 0, Failure: failure));
        }

        var session = _sessions.GetOrAdd(id, _ => new TransactionSession(_transactions, Tables, _time, isSync, limits));
        return session.BeginAsync();
    }

    public Task<ClientReply> AskAsync(Guid id, int number, ClientStep[] steps) => _sessions.TryGetValue(id, out var session)
        ? session.AskAsync(number, steps)
        : Task.FromResult(new ClientReply(ClientReplyKind.Unknown, default, 0));

    public void Renew(Guid id)
    {
        if (_sessions.TryGetValue(id, out var session))
        {
            session.Heard();
        }
    }

    /// <summary>The client has the outcome, so that nothing is under way.</summary>
    public void Forget(Guid id)
    {
        if (_sessions.TryRemove(id, out var session))
        {
            session.Dispose();
        }
    }

    public async Task AbortAsync(Guid id)
    {
        if (_sessions.TryRemove(id, out var session))
        {
            await session.AbortAsync(AbortReason.Requested, "its client has ended it");
            session.Dispose();
        }
    }

    public void Dispose() => _looks.Dispose();

    private void EndExpired()
    {
        foreach (var (id, session) in _sessions)
        {
            if (session.Silence >= Lease && !session.HasEnded)
            {
                _ = session.AbortAsync(AbortReason.LeaseExpired, $"its client was not heard of for {Lease.TotalSeconds} s");
            }
            else if (session.Silence >= 2 * Lease)
            {
                Forget(id);
            }
        }
    }
}
