using MimGrains.Cets.Streams;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using MimGrains.Tables;

namespace MimGrains.Cets.Replicas;

// What the replica services say to each other, on the wire. The meaning of each is that of the core's message of the same name.

[GenerateSerializer, Immutable, Alias("mimgrains.hello-request")]
internal sealed record WireHello(
    [property: Id(0)] string Table,
    [property: Id(1)] string From,
    [property: Id(2)] long Attempt,
    [property: Id(3)] string Definition,
    [property: Id(4)] string[] Dead,
    [property: Id(5)] long Sequence);

/// <summary>Why a hello was not answered with a position.</summary>
internal enum HelloOutcome
{
    Welcome = 0,

    /// <summary>The silo does not have the table (yet): it says hello itself when it does.</summary>
    NoSuchTable = 1,

    /// <summary>The definitions differ.</summary>
    OtherDefinition = 2,

    /// <summary>The caller is declared dead, or a later hello came before this one.</summary>
    Refused = 3,
}

[GenerateSerializer, Immutable, Alias("mimgrains.hello-reply")]
internal sealed record WireHelloReply(
    [property: Id(0)] HelloOutcome Outcome,
    [property: Id(1)] string Definition,
    [property: Id(2)] long Sequence,
    [property: Id(3)] bool IsReady,
    [property: Id(4)] string[] Dead,
    [property: Id(5)] WireBallot Ballot,
    [property: Id(6)] TablePauses Pauses,
    [property: Id(7)] long PastAttempt);

/// <summary>All pauses of a table that were called on one silo.</summary>
/// <param name="Version">Of two lists of a silo the one with the greater version counts.</param>
/// <param name="Pauses">The pauses, oldest first.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.table-pauses")]
internal readonly record struct TablePauses([property: Id(0)] long Version, [property: Id(1)] TablePause[] Pauses)
{
    public static TablePauses None { get; } = new(0, []);
}

[GenerateSerializer, Immutable, Alias("mimgrains.dump-request")]
internal sealed record WireDumpRequest(
    [property: Id(0)] string Table,
    [property: Id(1)] string From,
    [property: Id(2)] Dictionary<string, long> Required);

[GenerateSerializer, Immutable, Alias("mimgrains.dump-header")]
internal sealed record WireDumpHeader(
    [property: Id(0)] long DumpId,
    [property: Id(1)] long TotalCount,
    [property: Id(2)] string[] Origins,
    [property: Id(3)] WirePosition[] Positions,
    [property: Id(4)] TableBatch[] Retained,
    [property: Id(5)] WireDecisions[] Decisions)
{
    public DumpHeader ToHeader() => new(
        [.. Origins.Select(origin => new ReplicaId(origin))],
        [.. Positions.Select(at => new OriginPosition(new ReplicaId(at.Origin), at.Sequence, at.ClockMicros, at.Stable, at.IsDead))],
        [.. Retained.Select(batch => batch.ToBatch())],
        [.. Decisions.Select(caller => caller.ToDecisions())]);

    public static WireDumpHeader From(long dumpId, string table, DumpReader reader) => new(
        dumpId,
        reader.TotalCount,
        [.. reader.Header.Origins.Select(origin => origin.Value)],
        [.. reader.Header.Positions.Select(at =>
            new WirePosition(at.Origin.Value, at.Sequence, at.ClockMicros, at.StableSequence, at.IsDead))],
        [.. reader.Header.Retained.Select(batch => new TableBatch(table, batch))],
        [.. reader.Header.Decisions.Select(WireDecisions.From)]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.origin-position")]
internal readonly record struct WirePosition(
    [property: Id(0)] string Origin,
    [property: Id(1)] long Sequence,
    [property: Id(2)] long ClockMicros,
    [property: Id(3)] long Stable,
    [property: Id(4)] bool IsDead);

[GenerateSerializer, Immutable, Alias("mimgrains.level-reply")]
internal sealed record WireLevelReply(
    [property: Id(0)] TableBatch[] Retained,
    [property: Id(1)] string[] Dead)
{
    public LevelReply ToReply() => new(
        [.. Retained.Select(batch => batch.ToBatch())],
        [.. Dead.Select(dead => new ReplicaId(dead))]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.dump-chunk")]
internal sealed record WireDumpChunk(
    [property: Id(0)] int Count,
    [property: Id(1)] BatchPayload Bytes,
    [property: Id(2)] bool IsLast)
{
    public DumpChunk ToChunk() => new(Count, Bytes.Segments.Count == 0 ? default : Bytes.Segments[0], IsLast);
}

/// <param name="Table">The table.</param>
/// <param name="From">Who has left.</param>
/// <param name="LastSequence">Its last write, which every silo has applied.</param>
/// <param name="Attempt">The number of its last hello.</param>
/// <param name="SeenAttempt">The number of the last hello that it has of the silo that is told.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.leave")]
internal sealed record WireLeave(
    [property: Id(0)] string Table,
    [property: Id(1)] string From,
    [property: Id(2)] long LastSequence,
    [property: Id(3)] long Attempt,
    [property: Id(4)] long SeenAttempt);

/// <summary>A table of a silo.</summary>
/// <param name="Name">Its name.</param>
/// <param name="OtherSilos">The other silos that hold it, as that silo knows.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.held-table")]
internal sealed record WireHeldTable([property: Id(0)] string Name, [property: Id(1)] string[] OtherSilos);
