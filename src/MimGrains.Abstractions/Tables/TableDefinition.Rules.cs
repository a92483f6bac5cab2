namespace MimGrains.Tables;

public sealed partial class TableDefinition<TKey, TRecord>
{
    /// <summary>
    /// Returns what becomes of two concurrent records of one key: writes of two silos of which neither had seen the other. Called
    /// with the key and the two records; must be pure, the same on every silo, and give the same for both orders of the records.
    /// </summary>
    /// <value>Default: none, the record with the greater (hybrid logical time, silo) stays.</value>
    /// <remarks>
    /// <para>With a resolver a write replaces, and a delete removes, what its silo had applied; what is concurrent with it stays,
    /// and all of it is resolved in the order of the times, earliest first. Every silo ends with the same record.</para>
    /// <para>It is called with both orders each time. One that throws, returns null or depends on the order is logged with the
    /// table's and the key's name, and the later record stays instead. It runs while writers wait: it must be quick.</para>
    /// <para>Costs about 60 bytes for each record. Follows the conflict handler of esl/cets, which is called at a join only.</para>
    /// </remarks>
    public Func<TKey, TRecord, TRecord, TRecord>? Resolve { get; init; }

    /// <summary>
    /// Returns how long a record lives, counted from the time of its last write by the clock of the silo that wrote it; null
    /// stands for ever. Must be pure.
    /// </summary>
    /// <value>Default: none, records live until they are deleted.</value>
    /// <remarks>
    /// The silo that owns a record deletes it when it expires, for all silos: until that delete has arrived, at most about the
    /// heartbeat period later, the record is read as before. If the owner is dead and its records are kept, the least of the
    /// living silos does it. A write that the deleting silo has not seen is not deleted with the older one.
    /// </remarks>
    public Func<TKey, TRecord, TimeSpan?>? TimeToLive { get; init; }
}
