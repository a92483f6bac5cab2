using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Storage;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Tables;

public class CopyLoadTests
{
    private const int Many = 20_000;

    private static readonly PersistentTableDefinition<int, Visit> Set = new("set");
    private static readonly PersistentTableDefinition<int, Visit> Bag = new("bag") { Type = PersistentTableType.Bag };

    private readonly LocalCopies _copies = new(Set, Bag);

    [Fact]
    public async Task What_the_pages_of_a_set_have_is_in_the_copy_and_then_what_later_rows_say()
    {
        var image = new Image([.. Enumerable.Range(0, Many).Select(key => Entry(Set, key, key % 10 == 0 ? [] : [new($"{key}", "page")]))]);
        var copy = _copies.Copy(Set);
        var store = new CopyStore(copy, 0, isBag: false, isOnDisc: true);
        await store.LoadAsync(
            image, [_copies.Put(Set, 1, new("1", "row")), _copies.Delete(Set, 2)], hasRecords: false, CancellationToken.None);
        Assert.Equal(
            Enumerable.Range(0, Many).Where(key => key % 10 != 0 && key != 2)
                .Select(key => new MimGrains.Tables.TableEntry<int, Visit>(key, new($"{key}", key == 1 ? "row" : "page"))),
            copy.Range(default));
    }

    [Fact]
    public async Task All_records_of_a_bag_are_in_the_copy()
    {
        var image = new Image([.. Enumerable.Range(0, 1_000).Select(key => Entry(Bag, key, [new($"{key}", "a"), new($"{key}", "b")]))]);
        var copy = _copies.Copy(Bag);
        await new CopyStore(copy, 0, isBag: true, isOnDisc: true).LoadAsync(image, [], hasRecords: false, CancellationToken.None);
        Assert.Equal(2_000, copy.Count);
        Assert.Equal(["a", "b"], copy.GetAll(999).Select(visit => visit.Why).Order());
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_ends_the_loading()
    {
        var entries = Enumerable.Range(0, Many).Select(key => Entry(Set, key, [new($"{key}", "page")])).ToArray();
        entries[Many / 2] = entries[Many / 2] with { Record = new byte[] { 0xFF } };
        var store = new CopyStore(_copies.Copy(Set), 0, isBag: false, isOnDisc: true);
        await Assert.ThrowsAsync<InvalidDataException>(
            () => store.LoadAsync(new Image(entries), [], hasRecords: false, CancellationToken.None));
    }

    [Fact]
    public async Task Pages_are_not_read_when_the_copies_have_the_records_already()
    {
        var copy = _copies.Copy(Set);
        await new CopyStore(copy, 0, isBag: false, isOnDisc: true).LoadAsync(
            new Image([Entry(Set, 1, [new("1", "page")])]), [], hasRecords: true, CancellationToken.None);
        Assert.Equal(0, copy.Count);
    }

    private StoredEntry Entry(PersistentTableDefinition<int, Visit> table, int key, Visit[] records)
    {
        var isBag = table.Type == PersistentTableType.Bag;
        return new StoredEntry(
            _copies.Bytes(table).ToBytes(key),
            StoredValue.Join(isBag, [.. records.Select(record => (ReadOnlyMemory<byte>)_copies.Bytes(table).RecordBytes(record))]));
    }

    private sealed class Image(StoredEntry[] entries) : FragmentImage
    {
        public override ReadOnlyMemory<byte> State => default;

        public override long CompactedThrough => 0;

        public override long MaxRecords => entries.Length;

        public override long PageBytes => 0;

        public override async IAsyncEnumerable<IReadOnlyList<StoredEntry>> RecordsAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var page in entries.Chunk(1_300))
            {
                await Task.Yield();
                yield return page;
            }
        }

        public override IAsyncEnumerable<LogRow> RowsAsync(CancellationToken cancellationToken) => throw new InvalidOperationException();
    }
}
