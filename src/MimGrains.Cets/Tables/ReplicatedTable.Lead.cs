using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using MimGrains.Cets.Leading;
using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    private readonly Lazy<LeaderCaller> _leaderCaller;

    public string? Leader
    {
        get
        {
            lock (Gate)
            {
                return _replica.Leader?.Value;
            }
        }
    }

    public async Task<bool> InsertNewAsync(TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var call = await Call(key, record, LeaderCondition.Absent, cancellationToken);
        return call.IsWon;
    }

    public async Task<InsertNewResult<TRecord>> InsertNewOrLookupAsync(
        TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var call = await Call(key, record, LeaderCondition.Absent, cancellationToken, wantsFound: true);
        return new InsertNewResult<TRecord>(call.IsWon, call.IsWon ? record : _replica.Found(call.Found));
    }

    public async Task InsertSerialAsync(TKey key, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        await Call(key, record, LeaderCondition.None, cancellationToken);
    }

    public async Task<bool> CompareAndSetAsync(
        TKey key, TRecord expected, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(record);
        var call = await Call(key, record, LeaderCondition.Equal, cancellationToken, expected: expected);
        return call.IsWon;
    }

    public async Task<bool> CompareAndSetAsync(
        TKey key, RecordVersion expected, TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        var call = await Call(key, record, LeaderCondition.Version, cancellationToken, version: expected);
        return call.IsWon;
    }

    public async Task<bool> CompareAndDeleteAsync(TKey key, TRecord expected, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expected);
        var call = await Call(key, null, LeaderCondition.Equal, cancellationToken, expected: expected);
        return call.IsWon;
    }

    public async Task<bool> CompareAndDeleteAsync(TKey key, RecordVersion expected, CancellationToken cancellationToken = default)
    {
        var call = await Call(key, null, LeaderCondition.Version, cancellationToken, version: expected);
        return call.IsWon;
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record, out RecordVersion version)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (Gate)
        {
            var isFound = _replica.TryGet(key, out record, out Dot write);
            version = isFound ? new RecordVersion(write.Origin.Value, write.Sequence) : default;
            return isFound;
        }
    }

    public override LeaderTurn TakeTurn(WireLeadRequest request)
    {
        var operations = Array.ConvertAll(request.Operations, operation => Decoded(new ReplicaId(request.Caller), operation));
        LeaderTurn turn;
        lock (Gate)
        {
            turn = TakeTurn_NeedsGate(operations, request);
        }

        if (turn.Written is not null)
        {
            _carrier.Signal();
        }

        return turn;
    }

    private LeaderTurn TakeTurn_NeedsGate(LeaderOperation<TKey, TRecord>[] operations, WireLeadRequest request)
    {
        var role = _replica.Lead(request.Resigned.ToBallot());
        if (role != LeaderRole.Leading)
        {
            return new LeaderTurn(role, _replica.Ballot, [], null);
        }

        var before = _replica.LastSequence;
        var now = NowMicros();
        var decisions = Array.ConvertAll(operations, operation => _replica.Decide(operation, request.FirstOpen, now));
        var last = _replica.LastSequence;
        var written = last > before && _replica.CompletedThrough < last ? Commits.Enlist(last, NowMs()).Task : null;
        return new LeaderTurn(role, _replica.Ballot, decisions, written);
    }

    private LeaderOperation<TKey, TRecord> Decoded(ReplicaId caller, in WireLeaderOperation operation)
    {
        _codec.Decode(operation.Body, operation.IsDelete, out var key, out var record);
        TRecord? expected = null;
        if (operation.Expected.Length > 0)
        {
            _codec.Decode(operation.Expected, isDelete: false, out _, out expected);
        }

        return new LeaderOperation<TKey, TRecord>
        {
            Id = new OperationId(caller, operation.Number),
            Condition = operation.Condition,
            Key = key,
            Record = record,
            Body = operation.Body,
            Expected = expected,
            ExpectedWrite = operation.ExpectedOrigin is { } origin ? new Dot(new ReplicaId(origin), operation.ExpectedSequence) : default,
            WantsFound = operation.WantsFound,
        };
    }

    private async Task<LeaderCall> Call(
        TKey key,
        TRecord? record,
        LeaderCondition condition,
        CancellationToken cancellationToken,
        TRecord? expected = null,
        RecordVersion? version = null,
        bool wantsFound = false)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (MustWait)
        {
            await WaitUntilWritable(cancellationToken);
        }

        var call = new LeaderCall
        {
            Condition = condition,
            IsDelete = record is null,
            WantsFound = wantsFound,
            Body = Encoded(key, record),
            Expected = expected is null ? [] : Encoded(key, expected),
            ExpectedWrite = version is { } write ? new Dot(new ReplicaId(write.Silo), write.Sequence) : null,
        };
        return await _leaderCaller.Value.CallAsync(call, cancellationToken);
    }

    private byte[] Encoded(TKey key, TRecord? record)
    {
        var body = _writeBuffer ??= new ArrayBufferWriter<byte>(1_024);
        body.ResetWrittenCount();
        Encode(key, record, body);
        return body.WrittenSpan.ToArray();
    }
}
