using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Storage;

namespace MimGrains.Mnesia.Tests.Transactions;

public sealed class StoredValueTests
{
    private static readonly ReadOnlyMemory<byte>[] Records = [new byte[] { 1, 2 }, Array.Empty<byte>(), new byte[] { 3 }];

    [Theory, InlineData(false), InlineData(true)]
    public void A_key_without_records_is_deleted_from_the_pages(bool isBag) =>
        Assert.Null(new StoredEntry(new byte[] { 1 }, StoredValue.Join(isBag, [])).Record);

    [Fact]
    public void The_records_of_a_bag_come_back_as_they_were() => Assert.Equal(
        Records.Select(record => record.ToArray()), StoredValue.Split(isBag: true, StoredValue.Join(isBag: true, Records)!.Value));

    [Fact]
    public void The_record_of_a_set_is_stored_as_it_is() => Assert.Equal(
        Records[0].ToArray(), Assert.Single(StoredValue.Split(isBag: false, StoredValue.Join(isBag: false, [Records[0]])!.Value)));

    [Fact]
    public void What_is_cut_off_is_noticed() => Assert.Throws<InvalidDataException>(() =>
        StoredValue.Split(isBag: true, StoredValue.Join(isBag: true, Records)!.Value[..^1]).ToList());
}
