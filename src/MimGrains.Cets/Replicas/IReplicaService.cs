using MimGrains.Cets.Streams;
using Orleans.Services;

namespace MimGrains.Cets.Replicas;

/// <summary>The control calls between the replicas of different silos. Every silo runs one.</summary>
[Alias("mimgrains.replica-service")]
internal interface IReplicaService : IGrainService
{
    /// <summary>A replica that joins asks for all later writes.</summary>
    [Alias("hello")]
    Task<WireHelloReply> Hello(WireHello hello);

    /// <summary>Begins a dump; null when the table is not ready here, or has not applied what is required yet.</summary>
    [Alias("begin-dump")]
    Task<WireDumpHeader?> BeginDump(WireDumpRequest request);

    /// <summary>Returns the next chunk; null when the dump is not known any more, and must be begun again.</summary>
    [Alias("next-chunk")]
    Task<WireDumpChunk?> NextDumpChunk(long dumpId);

    /// <summary>Returns what is retained here of a dead incarnation's writes.</summary>
    [Alias("level")]
    Task<WireLevelReply> Level(string table, string dead, long after);
}
