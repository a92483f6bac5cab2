using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

public class DefinitionTests
{
    private static readonly TableIndex<string, Counter, long> ByValue = new("value", (_, counter) => counter.Value);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void A_name_that_storage_could_not_keep_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new PersistentTableDefinition<string, Counter>(name));

    [Fact]
    public void A_name_has_at_most_100_characters()
    {
        Assert.Equal(100, new PersistentTableDefinition<string, Counter>(new string('a', 100)).Name.Length);
        Assert.Throws<ArgumentException>(() => new PersistentTableDefinition<string, Counter>(new string('a', 101)));
    }

    [Fact]
    public void What_does_not_go_together_is_refused_when_the_table_is_added()
    {
        Refused("65", new("t") { Fragments = 65 });
        Refused("0", new("t") { Version = 0 });
        Refused("ordered set", new("t") { Type = PersistentTableType.OrderedSet, Storage = StorageType.DiscOnly });
        Refused("value", new PersistentTableDefinition<string, Counter>("t") { Storage = StorageType.DiscOnly }.WithIndex(ByValue));
        Refused("version 2", new PersistentTableDefinition<string, Counter>("t") { Version = 2 }
            .WithUpgrade<Counter>(2, counter => counter));
    }

    [Fact]
    public void Names_are_unique()
    {
        var services = new ServiceCollection().AddPersistentTable(new PersistentTableDefinition<string, Counter>("t"));
        Assert.Throws<ArgumentException>(() => services.AddPersistentTable(new PersistentTableDefinition<int, Counter>("t")));
        Assert.Throws<ArgumentException>(() => new PersistentTableDefinition<string, Counter>("t").WithIndex(ByValue).WithIndex(ByValue));
    }

    [Fact]
    public void What_must_be_the_same_on_every_silo_is_described()
    {
        var definition = new PersistentTableDefinition<string, Counter>("t");
        var others = new[]
        {
            new PersistentTableDefinition<string, Counter>("t") { Type = PersistentTableType.Bag },
            new PersistentTableDefinition<string, Counter>("t") { Storage = StorageType.Ram },
            new PersistentTableDefinition<string, Counter>("t") { Fragments = 2 },
            new PersistentTableDefinition<string, Counter>("t") { Version = 2 },
            new PersistentTableDefinition<string, Counter>("t").WithIndex(ByValue),
        };
        Assert.Equal(others.Length + 1, others.Append(definition).Select(other => other.Describe()).Distinct().Count());
        Assert.Equal(definition.Describe(), new PersistentTableDefinition<string, Counter>("t").Describe());
    }

    private static void Refused(string what, PersistentTableDefinition<string, Counter> definition)
    {
        var exception = Assert.Throws<TableDefinitionException>(() => new ServiceCollection().AddPersistentTable(definition));
        Assert.Contains(what, exception.Message, StringComparison.Ordinal);
    }
}
