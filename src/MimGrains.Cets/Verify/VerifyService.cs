using MimGrains.Cets.Replicas;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;
using Microsoft.Extensions.Logging;

namespace MimGrains.Cets.Verify;

/// <summary>Answers what other silos ask to compare and to mend the tables of this one.</summary>
internal sealed class VerifyService(GrainId id, Silo silo, ILoggerFactory loggers, TableCatalog catalog, DeathNotices deaths)
    : GrainService(id, silo, loggers), IVerifyService
{
    private const int PageWrites = 2_000;
    private const int PageBytes = 256 * 1_024;
    private static readonly TimeSpan AppliedTimeout = TimeSpan.FromSeconds(5);

    public Task<WireDigest?> Digest(string table, string from) => Task.FromResult(
        Find(table, from)?.Locked(replica => replica.Digest()) is { } digest
            ? new WireDigest([.. digest.Sums], digest.Records, [.. digest.Dead.Select(dead => dead.Value)])
            : null);

    // The records of a million are walked through beside the other calls of this service, without the table's lock.
    public Task<WireListing?> List(string table, string from, int[] buckets, byte[]? after) => Task.Run(() =>
    {
        var afterKey = after is null ? (ReadOnlyMemory<byte>?)null : after;
        if (Find(table, from)?.Locked(replica => replica.BeginListing(buckets, afterKey)) is not { } reader)
        {
            return null;
        }

        var page = reader.Next(PageWrites, PageBytes);
        return new WireListing(
            WireVector.From(reader.Vector),
            [.. page.Writes.Select(write => WireStamped.From(write.Key, write.Stamp))],
            page.IsLast);
    });

    public async Task<WireLook?> Look(WireLookRequest request)
    {
        if (Find(request.Table, request.From) is not { } table)
        {
            return null;
        }

        var dead = request.Dead.Select(silo => new ReplicaId(silo)).ToList();
        if (table.Locked(replica => dead.Exists(silo => silo != replica.Self && !replica.IsDead(silo))))
        {
            // Whoever asks has seen the death: this silo acts on it now, not when its own view catches up.
            deaths.Announce(dead);
        }

        var after = request.After.ToVector();
        await table.WaitUntilAppliedAsync(after, AppliedTimeout, CancellationToken.None);
        var look = table.LockedAndComplete(replica => replica.Look(request.Keys, after, dead));
        return look is null ? null : WireLook.From(look);
    }

    public Task<byte[]?[]?> Fetch(string table, string from, WireStamped[] keys) => Task.FromResult(
        Find(table, from)?.Locked(replica =>
            keys.Select(key => replica.Fetch(key.Key, key.Stamp)?.ToArray()).ToArray()));

    public Task<int> Mend(string table, string from, WireMending[] mendings) => Task.FromResult(
        Find(table, from)?.Locked(replica => mendings.Count(mending => replica.Mend(mending.ToMending()))) ?? 0);

    private TableHost? Find(string table, string from) =>
        catalog.Find(table) is { } host && host.Locked(replica => !replica.IsDead(new ReplicaId(from))) ? host : null;
}
