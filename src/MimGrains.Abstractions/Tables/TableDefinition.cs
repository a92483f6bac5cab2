namespace MimGrains.Tables;

/// <summary>What becomes of the records of a silo that was declared dead.</summary>
public enum NodeDownRule
{
    /// <summary>They are removed on every surviving silo.</summary>
    RemoveOwned = 0,

    /// <summary>They stay.</summary>
    Keep = 1,
}

/// <summary>A table definition whose key and record types are not known to the reader.</summary>
public abstract class TableDefinition
{
    private protected TableDefinition(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxNameLength)
        {
            throw new ArgumentException(
                $"A table name has at most {MaxNameLength} characters, but '{name[..32]}...' has {name.Length}.", nameof(name));
        }

        Name = name;
    }

    /// <summary>The most characters of a table's name.</summary>
    public const int MaxNameLength = 128;

    /// <summary>Returns the name; unique in the cluster.</summary>
    public string Name { get; }

    /// <summary>Returns what becomes of the records of a dead silo.</summary>
    /// <value>Default <see cref="NodeDownRule.RemoveOwned"/>.</value>
    public NodeDownRule NodeDown { get; init; } = NodeDownRule.RemoveOwned;

    /// <summary>Returns when a write returns. May differ between silos: it counts where the write is called.</summary>
    /// <value>Default <see cref="WriteConcern.All"/>.</value>
    public WriteConcern WriteConcern { get; init; }

    /// <summary>
    /// Returns whether every silo always keeps the last changes, so that a watch can go on at another silo when its own is lost.
    /// </summary>
    /// <value>Default false: a silo keeps changes only while somebody watches there, and a while after.</value>
    public bool KeepsChanges { get; init; }

    /// <summary>
    /// Returns whether the changes of the table are published as an ordinary Orleans stream, to which grains can subscribe: see
    /// <see cref="TableStreams"/>. Should be the same on every silo: only one publishes, and only if it is true there.
    /// </summary>
    /// <value>Default false.</value>
    public bool PublishesChanges { get; init; }

    /// <summary>Returns the type of the keys.</summary>
    public abstract Type KeyType { get; }

    /// <summary>Returns the type of the records.</summary>
    public abstract Type RecordType { get; }

    /// <summary>
    /// Returns the definition in one line of text. Two silos hold the same table only if their lines are equal; otherwise the
    /// one that joins is refused with both lines.
    /// </summary>
    public abstract string Describe();

    /// <summary>Calls <paramref name="visitor"/> with the key and record types of this definition.</summary>
    public abstract TResult Accept<TResult>(ITableDefinitionVisitor<TResult> visitor);
}

/// <summary>Receives a definition with its types.</summary>
public interface ITableDefinitionVisitor<out TResult>
{
    /// <summary>Called once, with the definition on which <see cref="TableDefinition.Accept"/> was called.</summary>
    TResult Visit<TKey, TRecord>(TableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class;
}

/// <summary>
/// Defines a replicated table. Every silo must register an equal definition (see <see cref="TableDefinition.Describe"/>), with
/// <see cref="TableServiceCollectionExtensions.AddReplicatedTable{TKey,TRecord}"/>.
/// </summary>
/// <typeparam name="TKey">Key; immutable, hashable, serializable by Orleans.</typeparam>
/// <typeparam name="TRecord">Record; immutable, serializable by Orleans.</typeparam>
public sealed partial class TableDefinition<TKey, TRecord> : TableDefinition
    where TKey : notnull
    where TRecord : class
{
    private readonly List<PrefixIndex> _prefixIndexes = [];

    /// <summary>Defines a table.</summary>
    /// <param name="name">Unique in the cluster; 1 to <see cref="TableDefinition.MaxNameLength"/> characters.</param>
    public TableDefinition(string name)
        : base(name)
    {
    }

    /// <summary>Returns the order of the keys; must say 0 exactly for equal keys, and the same on every silo.</summary>
    /// <value>Default: the natural order of <typeparamref name="TKey"/>; strings by their code points.</value>
    public IComparer<TKey> Order { get; init; } = TableOrder.Default<TKey>();

    /// <summary>Returns how keys are hashed and compared for equality.</summary>
    public IEqualityComparer<TKey> Equality { get; init; } = EqualityComparer<TKey>.Default;

    /// <summary>
    /// Returns which silo a record belongs to, as <c>SiloAddress.ToParsableString()</c>; null stands for the silo that wrote it
    /// last. Must be pure.
    /// </summary>
    /// <value>Default: none, a record belongs to the silo that wrote it last.</value>
    public Func<TKey, TRecord, string?>? OwnerOf { get; init; }

    /// <summary>
    /// Returns an equal key that shares in memory what many keys have in common, such as the name of a server; null stands for
    /// the key as it is. Called for every key before it is kept. Must be pure otherwise, and safe on any thread.
    /// </summary>
    /// <value>Default: none. A key that comes from another silo then holds strings of its own.</value>
    public Func<TKey, TKey>? ShareKey { get; init; }

    /// <summary>Returns how keys and records are written as bytes; null stands for Orleans' serializer.</summary>
    /// <value>Default: null.</value>
    public ITableCodec<TKey, TRecord>? Codec { get; init; }

    /// <summary>Returns the prefix types for which scans are served by a hash index.</summary>
    public IReadOnlyList<PrefixIndex> PrefixIndexes => _prefixIndexes;

    /// <inheritdoc/>
    public override Type KeyType => typeof(TKey);

    /// <inheritdoc/>
    public override Type RecordType => typeof(TRecord);

    /// <summary>Declares that scans by <typeparamref name="TPrefix"/> are served by a hash index instead of the ordered one.</summary>
    /// <param name="prefixOf">Returns the prefix of a key. Must be pure, and equal for all keys that start with it.</param>
    /// <returns>This definition.</returns>
    /// <exception cref="InvalidOperationException">The table has a prefix index already: there can be one.</exception>
    public TableDefinition<TKey, TRecord> WithPrefixIndex<TPrefix>(Func<TKey, TPrefix> prefixOf)
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        ArgumentNullException.ThrowIfNull(prefixOf);
        if (_prefixIndexes.Count > 0)
        {
            throw new InvalidOperationException(
                $"Table {Name} has a prefix index by {_prefixIndexes[0].PrefixType.Name}: a second one, by {typeof(TPrefix).Name}, is not possible.");
        }

        _prefixIndexes.Add(new PrefixIndex<TPrefix>(prefixOf));
        return this;
    }

    /// <inheritdoc/>
    public override string Describe() =>
        $"{Name}({TypeNames.Of(typeof(TKey))} -> {TypeNames.Of(typeof(TRecord))}, node-down {NodeDown}, owner {(OwnerOf is null ? "writer" : "declared")}" +
        $"{(Codec is null ? "" : $", codec {Codec.Name}")}{(Resolve is null ? "" : ", concurrent writes resolved")})";

    /// <inheritdoc/>
    public override TResult Accept<TResult>(ITableDefinitionVisitor<TResult> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        return visitor.Visit(this);
    }

    /// <summary>A prefix type that is served by a hash index.</summary>
    public abstract class PrefixIndex
    {
        private protected PrefixIndex()
        {
        }

        /// <summary>Returns the prefix type.</summary>
        public abstract Type PrefixType { get; }

        /// <summary>Returns the hash of a key's prefix.</summary>
        public abstract int HashOf(TKey key);
    }

    private sealed class PrefixIndex<TPrefix>(Func<TKey, TPrefix> prefixOf) : PrefixIndex
        where TPrefix : IComparable<TKey>, IEquatable<TPrefix>
    {
        public override Type PrefixType => typeof(TPrefix);

        public override int HashOf(TKey key) => prefixOf(key).GetHashCode();
    }
}
