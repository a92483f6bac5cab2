using MimGrains.Tables;

namespace MimGrains.Cets.Tests;

/// <summary>What a definition or a caller gets wrong.</summary>
public sealed class DefinitionTests
{
    [Fact]
    public void A_type_that_cannot_be_serialized_is_refused_by_name_when_the_table_is_made()
    {
        var error = Assert.Throws<TableDefinitionException>(() => LocalTable.Make(new TableDefinition<string, Opaque>("opaque")));
        Assert.Contains("Table opaque: the record type MimGrains.Cets.Tests.Opaque cannot be serialized", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TableDefinitionException>(() => LocalTable.Make(new TableDefinition<OpaqueKey, string>("opaque")));
        Assert.Contains("the key type MimGrains.Cets.Tests.OpaqueKey", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_oversized_key_or_record_is_refused_with_a_short_message_and_nothing_is_written()
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("table"));
        var large = new string('x', 2_000_000);
        foreach (var (key, record) in new[] { ("key", large), (large, "record") })
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(() => table.InsertAsync(key, record));
            Assert.InRange(error.Message.Length, 50, 300);
            Assert.Contains("more than the 1048576 allowed", error.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ArgumentException>(() => table.InsertManyAsync([new("small", "record"), new(key, record)]));
        }

        Assert.Equal(0, table.Count);
    }

    [Fact]
    public async Task Null_is_refused()
    {
        var table = LocalTable.Make(new TableDefinition<string, string>("table"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => table.InsertAsync(null!, "record"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => table.InsertAsync("key", null!));
        await Assert.ThrowsAsync<ArgumentException>(() => table.InsertManyAsync([new("key", null!)]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => table.DeleteObjectAsync("key", null!));
        Assert.Throws<ArgumentNullException>(() => KeyRange.AtLeast<string>(null!));
        Assert.Throws<ArgumentNullException>(() => table.TryGet(null!, out _));
        await Assert.ThrowsAsync<ArgumentNullException>(() => table.InsertNewAsync(null!, "record"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => table.CompareAndSetAsync("key", null!, "record"));
        await Assert.ThrowsAsync<ArgumentException>(() => table.DeleteManyAsync(["key", null!]));
        await Assert.ThrowsAsync<ArgumentException>(() => table.DeleteObjectsAsync([new("key", null!)]));
        Assert.Equal(0, table.Replica.LastSequence);
    }

    [Fact]
    public void Two_indexes_of_one_name_are_refused()
    {
        var definition = new TableDefinition<string, string>("table").WithIndex(new TableIndex<string, string, int>("a", (_, r) => r.Length));
        Assert.Throws<ArgumentException>(() => definition.WithIndex(new TableIndex<string, string, string>("a", (_, r) => r)));
    }
}

public sealed class Opaque(Action action)
{
    public Action Action => action;
}

public readonly record struct OpaqueKey(int Number) : IComparable<OpaqueKey>
{
    public int CompareTo(OpaqueKey other) => Number.CompareTo(other.Number);
}
