using System.Reflection;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// A table, or an index by a property, that was added while the cluster runs: all that a silo needs to add it too.
/// </summary>
[GenerateSerializer, Immutable, Alias("mimgrains.schema-entry")]
internal sealed record SchemaEntry
{
    [Id(0)]
    public required string Table { get; init; }

    /// <summary>The property; null for a table.</summary>
    [Id(1)]
    public string? Index { get; init; }

    [Id(2)]
    public string KeyType { get; init; } = "";

    [Id(3)]
    public string RecordType { get; init; } = "";

    [Id(4)]
    public PersistentTableType Type { get; init; }

    [Id(5)]
    public StorageType Storage { get; init; }

    [Id(6)]
    public int Fragments { get; init; }

    [Id(7)]
    public int Version { get; init; }

    [Id(8)]
    public bool KeepsChanges { get; init; }

    /// <summary>The indexes that the table was created with, by their properties.</summary>
    [Id(9)]
    public IReadOnlyList<string> Properties { get; init; } = [];

    /// <summary>The key in the schema table; no name of a table has a slash.</summary>
    public string Key => Index is null ? Table : $"{Table}/{Index}";

    /// <summary>Describes a table so that another silo can make it.</summary>
    /// <exception cref="ArgumentException">
    /// The definition holds functions, which cannot be told to another silo.
    /// </exception>
    public static SchemaEntry Of<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class
    {
        var untold = new (string Name, bool IsThere)[]
        {
            (nameof(definition.Order), !ReferenceEquals(definition.Order, TableOrder.Default<TKey>())),
            (nameof(definition.KeyCodec), definition.KeyCodec is not null),
            (nameof(definition.ShareKey), definition.ShareKey is not null),
            (nameof(definition.OnNodeDown), definition.OnNodeDown is not null),
            (nameof(definition.Upgrades), definition.Upgrades.Count > 0),
            ("indexes by functions", definition.Indexes.Any(index => index.Property is null)),
        }.Where(part => part.IsThere).Select(part => part.Name).ToList();
        if (untold.Count > 0)
        {
            throw new ArgumentException(
                $"Persistent table {definition.Name} has {string.Join(", ", untold)}: code that the other silos cannot be told. " +
                "Register such a table on every silo (AddPersistentTable) instead of creating it while they run.",
                nameof(definition));
        }

        return new()
        {
            Table = definition.Name,
            KeyType = NameOf(typeof(TKey)),
            RecordType = NameOf(typeof(TRecord)),
            Type = definition.Type,
            Storage = definition.Storage,
            Fragments = definition.Fragments,
            Version = definition.Version,
            KeepsChanges = definition.KeepsChanges,
            Properties = definition.IndexNames,
        };
    }

    /// <summary>Makes the definition of a table.</summary>
    /// <exception cref="TypeLoadException">This silo does not know a type.</exception>
    public PersistentTableDefinition ToDefinition()
    {
        var make = typeof(SchemaEntry).GetMethod(nameof(Make), BindingFlags.NonPublic | BindingFlags.Instance)!;
        return (PersistentTableDefinition)make.MakeGenericMethod(TypeOf(KeyType), TypeOf(RecordType))
            .Invoke(this, BindingFlags.DoNotWrapExceptions, null, null, null)!;
    }

    private PersistentTableDefinition<TKey, TRecord> Make<TKey, TRecord>()
        where TKey : notnull
        where TRecord : class
    {
        var definition = new PersistentTableDefinition<TKey, TRecord>(Table)
        {
            Type = Type, Storage = Storage, Fragments = Fragments, Version = Version, KeepsChanges = KeepsChanges,
        };
        foreach (var property in Properties)
        {
            definition.WithIndex(PropertyIndexes.Of<TKey, TRecord>(property));
        }

        return definition;
    }

    private static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";

    private static Type TypeOf(string name) => System.Type.GetType(name)
        ?? throw new TypeLoadException($"This silo does not know the type {name}.");
}

/// <summary>Which silo has done a schema entry.</summary>
/// <param name="Entry">The key of the entry.</param>
/// <param name="Silo">The silo.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.schema-mark")]
internal readonly record struct SchemaMark([property: Id(0)] string Entry, [property: Id(1)] string Silo) : IComparable<SchemaMark>
{
    public int CompareTo(SchemaMark other)
    {
        var byEntry = string.CompareOrdinal(Entry, other.Entry);
        return byEntry != 0 ? byEntry : string.CompareOrdinal(Silo, other.Silo);
    }
}

/// <summary>How a silo has done a schema entry.</summary>
/// <param name="Problem">Why it could not; null if it could.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.schema-result")]
internal sealed record SchemaResult([property: Id(0)] string? Problem);
