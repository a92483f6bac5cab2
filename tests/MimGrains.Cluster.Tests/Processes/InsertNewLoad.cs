using System.Collections.Concurrent;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>Inserts new records through one client, key after key, as fast as the answers come: loads with the same keys contend.</summary>
internal sealed class InsertNewLoad
{
    private const int Callers = 8;

    private readonly ConcurrentDictionary<int, bool> _outcomes = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITableClient<SessionKey, SessionRecord> _table;
    private readonly Func<int, SessionKey> _keyOf;
    private int _next = -1;

    private InsertNewLoad(ITableClient<SessionKey, SessionRecord> table, Func<int, SessionKey> keyOf, string name)
    {
        (_table, _keyOf, Name) = (table, keyOf, name);
        Running = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)));
    }

    /// <summary>Returns what its records have as their address.</summary>
    public string Name { get; }

    /// <summary>Returns of each key that has an answer whether it was won.</summary>
    public IReadOnlyDictionary<int, bool> Outcomes => _outcomes;

    /// <summary>Completes when all callers have stopped; fails when a call did.</summary>
    public Task Running { get; }

    public static InsertNewLoad Start(ITableClient<SessionKey, SessionRecord> table, Func<int, SessionKey> keyOf, string name) =>
        new(table, keyOf, name);

    /// <summary>Completes when so many more keys have answers.</summary>
    public async Task MoreAsync(int count)
    {
        var wanted = _outcomes.Count + count;
        await Eventually.HoldsAsync(
            async () =>
            {
                await (Running.IsFaulted ? Running : Task.CompletedTask);
                return _outcomes.Count;
            },
            answered => answered >= wanted,
            $"{wanted} answers to {Name}");
    }

    /// <summary>Stops; every call that was begun gets its answer.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Running.WaitAsync(Eventually.Patience);
    }

    private async Task CallAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next);
            _outcomes[number] = await _table.InsertNewAsync(_keyOf(number), new SessionRecord { Priority = 1, Address = Name });
        }
    }
}
