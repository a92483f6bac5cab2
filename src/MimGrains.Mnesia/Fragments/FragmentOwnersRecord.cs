using System.Globalization;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Fragments;

/// <summary>Who may hold a fragment: the value of an internal replicated table, by the name of the fragment.</summary>
/// <param name="Owners">As <c>epoch=silo</c>, separated by blanks, ascending by epoch.</param>
/// <param name="HasRecords">Whether the copies in memory have the records of the fragment.</param>
/// <param name="PreparedFor">
/// The change of its table's storage that it is prepared for: nobody has answered for it since. Empty for none.
/// </param>
[GenerateSerializer, Immutable, Alias("mimgrains.fragment-owners")]
internal sealed record FragmentOwnersRecord(
    [property: Id(0)] string Owners, [property: Id(1)] bool HasRecords, [property: Id(2)] string PreparedFor = "")
{
    public const string TableName = "mnesia$fragments";

    public static TableDefinition<string, FragmentOwnersRecord> Table { get; } =
        new(TableName) { NodeDown = NodeDownRule.Keep };

    public static FragmentOwnersRecord Nobody { get; } = new("", HasRecords: false);

    /// <summary>Returns the record with other owners.</summary>
    public FragmentOwnersRecord With(FragmentOwners owners) => this with
    {
        Owners = string.Join(' ', owners.Owners.Select(owner => string.Create(CultureInfo.InvariantCulture, $"{owner.Epoch}={owner.Silo}"))),
    };

    public FragmentOwners ToOwners() => Owners.Length == 0 ? FragmentOwners.Nobody : new(
    [
        .. Owners.Split(' ').Select(owner => owner.Split('=', 2)).Select(parts =>
            new FragmentOwner(long.Parse(parts[0], CultureInfo.InvariantCulture), new ReplicaId(parts[1]))),
    ]);
}
