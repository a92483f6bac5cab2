using MimGrains.Core.Identity;
using MimGrains.Core.Verify;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    public async Task<TableComparison<TKey>> VerifyAsync(CancellationToken cancellationToken = default)
    {
        if (ClosedReason is { } reason)
        {
            throw new TableUnavailableException(Name, reason);
        }

        var (found, silent) = await _comparer.Value.CompareAsync(this, cancellationToken);
        return new TableComparison<TKey>(
            Name,
            [.. found.Replicas.Select(replica => replica.Value)],
            silent.ToDictionary(silo => silo.Key.Value, silo => silo.Value, StringComparer.Ordinal),
            found.Records,
            found.DifferenceCount,
            [.. found.Differences.Select(ToDifference)]);
    }

    public override string Describe(ReadOnlyMemory<byte> key) => $"{_replica.DecodeKey(key)}";

    private KeyDifference<TKey> ToDifference(KeyDifference difference) => new(
        _replica.DecodeKey(difference.Key),
        [.. difference.Held.Select(held => ToHeld(held.Key, held.Value))]);

    private static HeldRecord ToHeld(ReplicaId silo, Held held) => held.Holding == Holding.Nothing
        ? new HeldRecord(silo.Value, HeldState.Nothing, Origin: null, 0, Time: null)
        : new HeldRecord(
            silo.Value,
            held.Holding == Holding.Record ? HeldState.Record : HeldState.Deleted,
            held.Stamp.Origin.Value,
            held.Stamp.Sequence,
            DateTimeOffset.UnixEpoch.AddTicks(held.Stamp.TimeMicros * TimeSpan.TicksPerMicrosecond));
}
