using MimGrains.Tables;

namespace MimGrains.Persistent;

public sealed partial class PersistentTableDefinition<TKey, TRecord>
{
    private readonly SortedDictionary<int, RecordUpgrade<TRecord>> _upgrades = [];

    /// <summary>Returns how records of older versions are read, by version.</summary>
    public IReadOnlyDictionary<int, RecordUpgrade<TRecord>> Upgrades => _upgrades;

    /// <summary>
    /// Says how records are read that an older version of the program wrote with another record type. They are read so
    /// wherever
    /// they are met, and written in the new form when they are written the next time.
    /// </summary>
    /// <typeparam name="TOld">The record type of that version, as it was; serializable by Orleans.</typeparam>
    /// <param name="version">Less than <see cref="PersistentTableDefinition.Version"/>.</param>
    /// <param name="upgrade">Returns the new record. Must be pure, and the same on every silo.</param>
    /// <returns>This definition.</returns>
    /// <exception cref="ArgumentException">That version can be read already.</exception>
    public PersistentTableDefinition<TKey, TRecord> WithUpgrade<TOld>(int version, Func<TOld, TRecord> upgrade)
        where TOld : class
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        if (!_upgrades.TryAdd(version, new RecordUpgrade<TOld, TRecord>(upgrade)))
        {
            throw new ArgumentException($"Table {Name} has an upgrade of version {version} already.", nameof(version));
        }

        return this;
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (_upgrades.Keys.FirstOrDefault(version => version < 1 || version >= Version) is var wrong and not 0)
        {
            throw new TableDefinitionException(Name, $"there is an upgrade of version {wrong}, but its version is {Version}.");
        }
    }
}

/// <summary>Makes a record of what an older version of the program wrote, without the type of that.</summary>
/// <typeparam name="TRecord">Record.</typeparam>
public abstract class RecordUpgrade<TRecord>
{
    private protected RecordUpgrade()
    {
    }

    /// <summary>Returns the type of the old records.</summary>
    public abstract Type OldType { get; }

    /// <summary>Returns the new record.</summary>
    /// <param name="old">An <see cref="OldType"/>.</param>
    public abstract TRecord Upgrade(object old);
}

internal sealed class RecordUpgrade<TOld, TRecord>(Func<TOld, TRecord> upgrade) : RecordUpgrade<TRecord>
    where TOld : class
{
    public override Type OldType => typeof(TOld);

    public override TRecord Upgrade(object old) => upgrade((TOld)old);
}
