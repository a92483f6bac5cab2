using MimGrains.Core.Identity;

namespace MimGrains.Core.Transactions;

/// <summary>One activation of a fragment.</summary>
/// <param name="Epoch">Counted from 1 for each fragment.</param>
/// <param name="Silo">Where it is, or was.</param>
public readonly record struct FragmentOwner(long Epoch, ReplicaId Silo);

// take: a new owner behind those before
// -> each of those has retired, or its silo is dead and all live ones know -> settle: alone
/// <summary>Who may hold a fragment, as one value that is changed by compare-and-set.</summary>
/// <param name="Owners">
/// The activations that may still answer, ascending by epoch. The last one is the owner; it answers only when it is
/// alone.
/// </param>
/// <remarks>
/// An owner that is followed by another one before it was alone never answers: it finds the value changed when it wants
/// to settle. So of all activations at most one answers, provided that one which has retired, or whose silo every live
/// silo knows to be dead, is not heard by anybody any more.
/// </remarks>
public sealed record FragmentOwners(IReadOnlyList<FragmentOwner> Owners)
{
    /// <summary>Returns the value before there is any owner.</summary>
    public static FragmentOwners Nobody { get; } = new([]);

    /// <summary>
    /// Returns the owner: it answers, or will when those before it have retired; null if there is
    /// none.
    /// </summary>
    public FragmentOwner? Owner => Owners.Count == 0 ? null : Owners[^1];

    /// <summary>Returns the value with a new owner.</summary>
    public FragmentOwners Take(ReplicaId silo) =>
        new([.. Owners, new FragmentOwner(Owners.Count == 0 ? 1 : Owners[^1].Epoch + 1, silo)]);

    /// <summary>Returns who must have retired before an owner may answer.</summary>
    public IEnumerable<FragmentOwner> Before(FragmentOwner owner) => Owners.Where(other => other.Epoch < owner.Epoch);

    /// <summary>Returns the value with an owner alone, or null if it is not the owner any more.</summary>
    public FragmentOwners? Settle(FragmentOwner owner) => Owner == owner ? new FragmentOwners([owner]) : null;
}
