using MimGrains.Core.Identity;
using MimGrains.Core.Log;

namespace MimGrains.Cets.Streams;

/// <summary>What one delivery brings: a batch of each table that has something.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.replication-message")]
internal sealed class ReplicationMessage(TableBatch[] tables)
{
    [Id(0)]
    public TableBatch[] Tables { get; } = tables;
}

/// <summary>An <see cref="OperationBatch"/> of one table, on the wire.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.table-batch")]
internal readonly struct TableBatch(string table, OperationBatch batch)
{
    [Id(0)]
    public string Table { get; } = table;

    [Id(1)]
    public string Origin { get; } = batch.Origin.Value;

    [Id(2)]
    public long FirstSequence { get; } = batch.FirstSequence;

    [Id(3)]
    public int Count { get; } = batch.Count;

    [Id(4)]
    public long ClockMicros { get; } = batch.ClockMicros;

    [Id(5)]
    public long StableSequence { get; } = batch.StableSequence;

    [Id(6)]
    public string[] Levelled { get; } = [.. batch.Levelled.Select(dead => dead.Value)];

    [Id(7)]
    public BatchPayload Payload { get; } = new(batch.Segments);

    [Id(8)]
    public long FirstOpenCall { get; } = batch.FirstOpenCall;

    public OperationBatch ToBatch() => new()
    {
        Origin = new ReplicaId(Origin),
        FirstSequence = FirstSequence,
        Count = Count,
        ClockMicros = ClockMicros,
        StableSequence = StableSequence,
        FirstOpenCall = FirstOpenCall,
        Levelled = [.. Levelled.Select(dead => new ReplicaId(dead))],
        Segments = Payload.Segments,
    };
}
