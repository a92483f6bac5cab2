using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Cets.Streams;

// idle -> woken by a write -> take -> deliver -> acknowledge -> take ... -> nothing left -> idle
/// <summary>The way to one other silo: at most one delivery is under way, and what is written meanwhile goes with the next.</summary>
/// <param name="id">The other silo.</param>
/// <param name="batchMaxBytes">No delivery is larger, unless one write alone is.</param>
/// <param name="onTaken">Told how many writes, and how many bytes of them, go with a delivery that has any. Quick, thread-safe.</param>
internal sealed class PeerLink(ReplicaId id, int batchMaxBytes, Action<int, long>? onTaken = null)
{
    private const int Idle = 0;
    private const int Awake = 1;

    private readonly List<(TableHost Table, OperationBatch Batch)> _underWay = [];
    private int _state = Idle;
    private volatile bool _isClosed;
    private volatile bool _isHeartbeatDue;
    private long _number;

    public ReplicaId Id => id;

    public StreamId StreamId { get; } = ReplicationStream.To(id);

    /// <summary>The number of the last delivery; its token.</summary>
    public long Number => Volatile.Read(ref _number);

    /// <summary>Whether the caller is to wake the stream: it was idle.</summary>
    public bool TryWake() =>
        Volatile.Read(ref _state) == Idle && Interlocked.CompareExchange(ref _state, Awake, Idle) == Idle;

    /// <summary>The next delivery also tells the clock, if there is nothing else to tell.</summary>
    public void RequestHeartbeat() => _isHeartbeatDue = true;

    /// <summary>The silo is dead: nothing is delivered any more.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Takes what is to be delivered next; null when there is nothing, and the link is idle.</summary>
    public ReplicationBatchContainer? Take(IReadOnlyList<TableHost> tables)
    {
        while (!_isClosed)
        {
            if (TakeBatches(tables) || TakeHeartbeats(tables))
            {
                return Wrap();
            }

            // A writer that comes now sees that it must wake; one that came just before is seen here.
            Interlocked.Exchange(ref _state, Idle);
            if (!HasWork(tables) || !TryWake())
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The delivery that was under way is applied over there.</summary>
    public void OnDelivered()
    {
        foreach (var (table, batch) in _underWay)
        {
            table.OnDelivered(id, batch);
        }

        _underWay.Clear();
    }

    /// <summary>The delivery that was under way did not arrive, or was refused.</summary>
    public void OnFailed()
    {
        foreach (var (table, _) in _underWay)
        {
            table.OnDeliveryFailed(id);
        }

        _underWay.Clear();
    }

    private bool TakeBatches(IReadOnlyList<TableHost> tables)
    {
        var left = batchMaxBytes;
        foreach (var table in tables)
        {
            if (left > 0 && table.TakeBatch(id, left) is { } batch)
            {
                left -= (int)Math.Min(left, batch.SizeBytes);
                _underWay.Add((table, batch));
            }
        }

        return _underWay.Count > 0;
    }

    private bool TakeHeartbeats(IReadOnlyList<TableHost> tables)
    {
        if (!_isHeartbeatDue)
        {
            return false;
        }

        _isHeartbeatDue = false;
        foreach (var table in tables)
        {
            if (table.TakeHeartbeat(id) is { } batch)
            {
                _underWay.Add((table, batch));
            }
        }

        return _underWay.Count > 0;
    }

    private void TellTaken(Action<int, long> told)
    {
        var (writes, bytes) = (0, 0L);
        foreach (var (_, batch) in _underWay)
        {
            (writes, bytes) = (writes + batch.Count, bytes + batch.SizeBytes);
        }

        if (writes > 0)
        {
            told(writes, bytes);
        }
    }

    private bool HasWork(IReadOnlyList<TableHost> tables) =>
        _isHeartbeatDue || tables.Any(table => table.HasUnsent(id));

    private ReplicationBatchContainer Wrap()
    {
        if (onTaken is not null)
        {
            TellTaken(onTaken);
        }

        var tables = new TableBatch[_underWay.Count];
        for (var i = 0; i < tables.Length; i++)
        {
            tables[i] = new TableBatch(_underWay[i].Table.Name, _underWay[i].Batch);
        }

        return new ReplicationBatchContainer(StreamId, Interlocked.Increment(ref _number), new ReplicationMessage(tables));
    }
}
