using MimGrains.Core.Identity;
using MimGrains.Core.Verify;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace MimGrains.Cets.Verify;

/// <summary>What silos ask each other to compare their replicas. Null: the table is not ready there, or the asking silo is dead.</summary>
[Alias("mimgrains.verify-service")]
internal interface IVerifyService : IGrainService
{
    /// <summary>Returns the sums of a replica.</summary>
    [Alias("digest")]
    Task<WireDigest?> Digest(string table, string from);

    /// <summary>Returns the next page of the records of some buckets.</summary>
    [Alias("list")]
    Task<WireListing?> List(string table, string from, int[] buckets, byte[]? after);

    /// <summary>Returns what a replica knows of some keys, once it has applied what it must.</summary>
    [Alias("look")]
    Task<WireLook?> Look(WireLookRequest request);

    /// <summary>Returns records, encoded with their keys; null for those that are not held any more.</summary>
    [Alias("fetch")]
    Task<byte[]?[]?> Fetch(string table, string from, WireStamped[] keys);

    /// <summary>Mends keys, and returns how many changed.</summary>
    [Alias("mend")]
    Task<int> Mend(string table, string from, WireMending[] mendings);
}

/// <summary>Reaches the verify service of a silo.</summary>
internal sealed class VerifyServiceClient(IServiceProvider services) : GrainServiceClient<IVerifyService>(services)
{
    public IVerifyService Of(ReplicaId silo) => GetGrainService(SiloAddress.FromParsableString(silo.Value));
}

[GenerateSerializer, Immutable, Alias("mimgrains.version-vector")]
internal sealed record WireVector([property: Id(0)] string[] Origins, [property: Id(1)] long[] Sequences)
{
    public VersionVector ToVector() => new(Origins.Zip(
        Sequences, (origin, sequence) => KeyValuePair.Create(new ReplicaId(origin), sequence)));

    public static WireVector From(VersionVector vector) => new(
        [.. vector.Positions.Select(position => position.Key.Value)],
        [.. vector.Positions.Select(position => position.Value)]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.verify-digest")]
internal sealed record WireDigest(
    [property: Id(0)] ulong[] Sums,
    [property: Id(1)] long Records,
    [property: Id(2)] string[] Dead)
{
    public DigestReply ToReply() => new(Sums, Records, [.. Dead.Select(dead => new ReplicaId(dead))]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.verify-stamped")]
internal readonly record struct WireStamped(
    [property: Id(0)] ReadOnlyMemory<byte> Key,
    [property: Id(1)] string? Origin,
    [property: Id(2)] long Sequence,
    [property: Id(3)] long TimeMicros,
    [property: Id(4)] string? Owner)
{
    public WriteStamp Stamp => new(new ReplicaId(Origin!), Sequence, TimeMicros, new ReplicaId(Owner!));

    public static WireStamped From(ReadOnlyMemory<byte> key, WriteStamp stamp) =>
        new(key, stamp.Origin.Value, stamp.Sequence, stamp.TimeMicros, stamp.Owner.Value);
}

[GenerateSerializer, Immutable, Alias("mimgrains.verify-listing")]
internal sealed record WireListing(
    [property: Id(0)] WireVector Vector,
    [property: Id(1)] WireStamped[] Writes,
    [property: Id(2)] bool IsLast);

[GenerateSerializer, Immutable, Alias("mimgrains.verify-look-request")]
internal sealed record WireLookRequest(
    [property: Id(0)] string Table,
    [property: Id(1)] string From,
    [property: Id(2)] ReadOnlyMemory<byte>[] Keys,
    [property: Id(3)] WireVector After,
    [property: Id(4)] string[] Dead);

[GenerateSerializer, Immutable, Alias("mimgrains.verify-held")]
internal readonly record struct WireHeld([property: Id(0)] Holding Holding, [property: Id(1)] WireStamped Write)
{
    public Held ToHeld() => new(Holding, Holding == Holding.Nothing ? default : Write.Stamp);

    public static WireHeld From(Held held) => new(held.Holding, WireStamped.From(default, held.Stamp));
}

[GenerateSerializer, Immutable, Alias("mimgrains.verify-look")]
internal sealed record WireLook(
    [property: Id(0)] WireVector Vector,
    [property: Id(1)] long Purged,
    [property: Id(2)] WireHeld[] Held,
    [property: Id(3)] string[] Dead)
{
    public LookReply ToReply() => new(
        Vector.ToVector(), Purged, [.. Held.Select(held => held.ToHeld())], [.. Dead.Select(dead => new ReplicaId(dead))]);

    public static WireLook From(LookReply reply) => new(
        WireVector.From(reply.Vector),
        reply.Purged,
        [.. reply.Held.Select(WireHeld.From)],
        [.. reply.Dead.Select(dead => dead.Value)]);
}

[GenerateSerializer, Immutable, Alias("mimgrains.verify-mending")]
internal readonly record struct WireMending(
    [property: Id(0)] WireStamped Write,
    [property: Id(1)] MendKind Kind,
    [property: Id(2)] long Purged)
{
    public Mending ToMending() => new(Write.Key, Write.Stamp, Kind, Purged);
}
