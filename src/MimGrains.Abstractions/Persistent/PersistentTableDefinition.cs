using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>The definition of a persistent table whose key and record types are not known to the reader.</summary>
public abstract class PersistentTableDefinition
{
    /// <summary>The most characters of the name of a persistent table.</summary>
    public const int MaxNameLength = 100;

    /// <summary>The most fragments of a table.</summary>
    public const int MaxFragments = 64;

    private StorageType _storage = StorageType.Disc;
    private int _fragments = 1;
    private PersistentTableDefinition? _declared;

    private protected PersistentTableDefinition(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxNameLength)
        {
            throw new ArgumentException(
                $"The name of a persistent table has at most {MaxNameLength} characters, but '{name[..32]}...' has {name.Length}.",
                nameof(name));
        }

        if (name.FirstOrDefault(one => !char.IsAsciiLetterOrDigit(one) && one is not ('_' or '-' or '.')) is var wrong and not '\0')
        {
            throw new ArgumentException(
                $"The name of a persistent table has ASCII letters, digits, '_', '-' and '.', but '{name}' has '{wrong}'.", nameof(name));
        }

        Name = name;
    }

    /// <summary>Returns the name; unique in the cluster among persistent tables.</summary>
    public string Name { get; }

    /// <summary>Returns what a key may have.</summary>
    /// <value>Default <see cref="PersistentTableType.Set"/>.</value>
    public PersistentTableType Type { get; init; }

    /// <summary>Returns where the records are.</summary>
    /// <value>Default <see cref="StorageType.Disc"/>.</value>
    public StorageType Storage
    {
        get => _storage;
        init => _storage = value;
    }

    /// <summary>
    /// Returns into how many fragments the table is cut, by a hash of the key. Each has one writer, somewhere in the
    /// cluster: more
    /// fragments write more at a time, and cost more messages where a transaction needs all of them.
    /// </summary>
    /// <value>
    /// 1 to <see cref="MaxFragments"/>; default 1. Once a table is stored, it is not opened with another number, nor with other keys or
    /// as a bag instead of a set: its <see cref="PersistentTableInfo.Problem"/> says so. Restore a backup of it into a new table.
    /// </value>
    public int Fragments
    {
        get => _fragments;
        init => _fragments = value;
    }

    /// <summary>
    /// Returns the version of the form of the records; each record is stored with the version that wrote it.
    /// </summary>
    /// <value>
    /// 1 to 1,000,000; default 1. Raise it when the record type changes in a way that Orleans' serializer does not
    /// bridge.
    /// </value>
    public int Version { get; init; } = 1;

    /// <summary>
    /// Returns whether every silo always keeps the last changes, so that a watch can go on at another silo when its own
    /// is lost. May
    /// differ between silos.
    /// </summary>
    /// <value>Default false: a silo keeps changes only while somebody watches there, and a while after.</value>
    public bool KeepsChanges { get; init; }

    /// <summary>Returns the definition as code has declared it, without what a silo's options change.</summary>
    internal PersistentTableDefinition Declared => _declared ?? this;

    /// <summary>Returns the type of the keys.</summary>
    public abstract Type KeyType { get; }

    /// <summary>Returns the type of the records.</summary>
    public abstract Type RecordType { get; }

    /// <summary>Returns the names of the indexes, in the order in which they were declared.</summary>
    public abstract IReadOnlyList<string> IndexNames { get; }

    /// <summary>
    /// Returns the definition in one line of text. Two silos hold the same table only if their lines are equal;
    /// otherwise the one
    /// that joins is refused with both lines.
    /// </summary>
    public abstract string Describe();

    /// <summary>Calls <paramref name="visitor"/> with the key and record types of this definition.</summary>
    public abstract TResult Accept<TResult>(IPersistentTableDefinitionVisitor<TResult> visitor);

    /// <summary>Returns this definition with another storage or number of fragments; null leaves what it says.</summary>
    internal PersistentTableDefinition With(StorageType? storage, int? fragments)
    {
        var copy = (PersistentTableDefinition)MemberwiseClone();
        copy._storage = storage ?? _storage;
        copy._fragments = fragments ?? _fragments;
        copy._declared = Declared;
        return copy;
    }

    /// <summary>Throws if the settings do not go together.</summary>
    /// <exception cref="TableDefinitionException">What is wrong, with the name of the table.</exception>
    public virtual void Validate()
    {
        if (Fragments is < 1 or > MaxFragments)
        {
            throw new TableDefinitionException(Name, $"Fragments is {Fragments}, not 1 to {MaxFragments}.");
        }

        if (Version is < 1 or > 1_000_000)
        {
            throw new TableDefinitionException(Name, $"Version is {Version}, not 1 to 1,000,000.");
        }

        if (Storage == StorageType.DiscOnly && Type == PersistentTableType.OrderedSet)
        {
            throw new TableDefinitionException(Name, "an ordered set needs copies in memory: its storage cannot be DiscOnly.");
        }

        if (Storage == StorageType.DiscOnly && IndexNames.Count > 0)
        {
            throw new TableDefinitionException(
                Name,
                $"indexes need copies in memory: with storage DiscOnly there can be none, but it has {string.Join(", ", IndexNames)}.");
        }
    }
}

/// <summary>Receives a definition with its types.</summary>
public interface IPersistentTableDefinitionVisitor<out TResult>
{
    /// <summary>
    /// Called once, with the definition on which <see cref="PersistentTableDefinition.Accept"/> was called.
    /// </summary>
    TResult Visit<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class;
}

/// <summary>
/// Defines a persistent table, and stands for it in transactions: declare it once, as a static field, and register it
/// on every
/// silo, with <see cref="PersistentTableServiceCollectionExtensions.AddPersistentTable{TKey,TRecord}"/>.
/// </summary>
/// <typeparam name="TKey">
/// Key; immutable, with the equality of its type: a number, an enum, a string, a <see cref="Guid"/>, a date or time, a
/// tuple of
/// such, or a record whose constructor takes all that it holds. For others see <see cref="KeyCodec"/>.
/// </typeparam>
/// <typeparam name="TRecord">Record; immutable, serializable by Orleans.</typeparam>
/// <param name="name">
/// Unique in the cluster; 1 to <see cref="PersistentTableDefinition.MaxNameLength"/> ASCII letters, digits, <c>_</c>,
/// <c>-</c>, <c>.</c>.
/// </param>
public sealed partial class PersistentTableDefinition<TKey, TRecord>(string name) : PersistentTableDefinition(name)
    where TKey : notnull
    where TRecord : class
{
    private readonly List<TableIndex<TKey, TRecord>> _indexes = [];

    /// <summary>Returns the order of the keys; must say 0 exactly for equal keys, and the same on every silo.</summary>
    /// <value>Default: the natural order of <typeparamref name="TKey"/>; strings by their code points.</value>
    public IComparer<TKey> Order { get; init; } = TableOrder.Default<TKey>();

    /// <summary>
    /// Returns an equal key that shares in memory what many keys have in common, such as the name of a server; null
    /// stands for
    /// the key as it is. Called for every key before it is kept. Must be pure otherwise, and safe on any thread.
    /// </summary>
    /// <value>Default: none. Not used for bags.</value>
    public Func<TKey, TKey>? ShareKey { get; init; }

    /// <summary>Returns how keys are written as bytes; null where the type is one of those that need none.</summary>
    /// <value>Default: null.</value>
    public IKeyCodec<TKey>? KeyCodec { get; init; }

    /// <summary>Returns the secondary indexes.</summary>
    public IReadOnlyList<TableIndex<TKey, TRecord>> Indexes => _indexes;

    /// <inheritdoc/>
    public override IReadOnlyList<string> IndexNames => [.. _indexes.Select(index => index.Name)];

    /// <inheritdoc/>
    public override Type KeyType => typeof(TKey);

    /// <inheritdoc/>
    public override Type RecordType => typeof(TRecord);

    /// <summary>
    /// Declares a secondary index. Costs about 100 bytes for each record that is in it, on every silo.
    /// </summary>
    /// <returns>This definition.</returns>
    /// <exception cref="ArgumentException">The table has an index of that name.</exception>
    public PersistentTableDefinition<TKey, TRecord> WithIndex(TableIndex<TKey, TRecord> index)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (_indexes.Any(other => other.Name == index.Name))
        {
            throw new ArgumentException($"Table {Name} has an index {index.Name} already.", nameof(index));
        }

        _indexes.Add(index);
        return this;
    }

    /// <inheritdoc/>
    public override string Describe() => Describe(withStorage: true);

    /// <summary>Returns <see cref="Describe()"/>, with or without the storage.</summary>
    internal string Describe(bool withStorage) =>
        $"{Name}({TypeNames.Of(typeof(TKey))} -> {TypeNames.Of(typeof(TRecord))}, {Type}, {(withStorage ? $"{Storage}, " : "")}" +
        $"fragments {Fragments}, version {Version}{(KeyCodec is null ? "" : $", key codec {KeyCodec.Name}")}" +
        $"{(_indexes.Count == 0 ? "" : $", indexes {string.Join(' ', IndexNames)}")})";

    /// <inheritdoc/>
    public override TResult Accept<TResult>(IPersistentTableDefinitionVisitor<TResult> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.Visit(this);
    }
}
