using MimGrains.Cets.Streams;
using MimGrains.Tables;
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

    /// <summary>Returns what is retained here of a dead incarnation's writes; the asking silo tells all deaths that it knows of.</summary>
    [Alias("level")]
    Task<WireLevelReply> Level(string table, string dead, long after, string[] allDead);

    /// <summary>Returns whether this silo holds the table.</summary>
    [Alias("ping")]
    Task<bool> Ping(string table);

    /// <summary>Returns the state of a table here; null when this silo does not hold it.</summary>
    [Alias("info")]
    Task<TableInfo?> Info(string table);

    /// <summary>Returns the tables of this silo.</summary>
    [Alias("held-tables")]
    Task<WireHeldTable[]> HeldTables();

    /// <summary>These are all pauses of a table that were called on that silo and are in force. Told again and again.</summary>
    [Alias("pause")]
    Task Pause(string table, string silo, TablePauses pauses);

    /// <summary>A silo does not hold the table any more.</summary>
    [Alias("leave")]
    Task Leave(WireLeave leave);

    /// <summary>Begins to read the whole replica as it is now; null when this silo does not hold the table.</summary>
    [Alias("begin-read")]
    Task<long?> BeginRead(string table);

    /// <summary>Returns the next records; null when the read is not known any more.</summary>
    [Alias("next-read")]
    Task<WireDumpChunk?> NextRead(long readId);

    /// <summary>Asks this silo, as the leader, to decide; answers when every live silo has the decisions.</summary>
    [Alias("lead")]
    Task<WireLeadReply> Lead(WireLeadRequest request);

    /// <summary>Another silo asks to lead.</summary>
    [Alias("claim")]
    Task<WireGrant> Claim(WireClaim claim);
}
