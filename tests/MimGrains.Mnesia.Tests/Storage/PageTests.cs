using System.Buffers;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Pages;

namespace MimGrains.Mnesia.Tests.Storage;

public sealed class PageTests
{
    [Fact]
    public void A_deleted_key_has_no_record_and_another_one_has_its_own_also_if_that_is_empty()
    {
        var output = new ArrayBufferWriter<byte>();
        Page.Write(new StoredEntry(new byte[] { 1 }, null), output);
        Page.Write(new StoredEntry(new byte[] { 2 }, ReadOnlyMemory<byte>.Empty), output);
        Page.Write(new StoredEntry(new byte[] { 3 }, new byte[] { 7 }), output);

        var page = Page.Read(output.WrittenMemory);

        Assert.Null(page.Entries[0].Record);
        Assert.Equal(0, page.Entries[1].Record!.Value.Length);
        Assert.Equal([7], page.Entries[2].Record!.Value.ToArray());
        Assert.True(page.TryGet([1], out var deleted));
        Assert.Null(deleted.Record);
    }
}
