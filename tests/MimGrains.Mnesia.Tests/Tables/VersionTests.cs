using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

[GenerateSerializer, Alias("test-person-1")]
public sealed record PersonOne([property: Id(0)] string Name);

[GenerateSerializer, Alias("test-person-2")]
public sealed record PersonTwo([property: Id(0)] string First, [property: Id(1)] string Last);

public sealed record Unserializable(string Name);

public class VersionTests
{
    private static readonly PersistentTableDefinition<int, PersonOne> Before = new("people");
    private static readonly PersistentTableDefinition<int, PersonTwo> After =
        new PersistentTableDefinition<int, PersonTwo>("people") { Version = 300 }
            .WithUpgrade<PersonOne>(1, old => new PersonTwo(old.Name.Split(' ')[0], old.Name.Split(' ')[1]));

    [Fact]
    public void Records_of_an_older_version_are_read_in_the_new_form()
    {
        var old = new LocalCopies(Before).Bytes(Before).RecordBytes(new PersonOne("Ada Lovelace"));
        var bytes = new LocalCopies(After).Bytes(After);
        Assert.Equal(new PersonTwo("Ada", "Lovelace"), bytes.ReadRecord(old));
        Assert.Equal(new PersonTwo("a", "b"), bytes.ReadRecord(bytes.RecordBytes(new PersonTwo("a", "b"))));
    }

    [Fact]
    public void A_version_that_is_not_known_is_named()
    {
        var bytes = new LocalCopies(After).Bytes(After).RecordBytes(new PersonTwo("a", "b"));
        var error = Assert.Throws<InvalidDataException>(() => new LocalCopies(Before).Bytes(Before).ReadRecord(bytes));
        Assert.Contains("version 300", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_that_cannot_be_serialized_are_refused() =>
        Assert.Throws<TableDefinitionException>(() => new LocalCopies(new PersistentTableDefinition<int, Unserializable>("t")));

    [Fact]
    public void A_record_that_is_too_large_is_refused_with_its_key()
    {
        var bytes = new LocalCopies(Before).Bytes(Before);
        var error = Assert.Throws<ArgumentException>(() => bytes.ToBytes(77, new PersonOne(new string('a', 1_000)), 1_000));
        Assert.Contains("77", error.Message, StringComparison.Ordinal);
    }
}
