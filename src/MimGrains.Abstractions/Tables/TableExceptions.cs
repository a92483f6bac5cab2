namespace MimGrains.Tables;

/// <summary>Live silos did not acknowledge a write in time. The caller may repeat the write: writes are idempotent.</summary>
[GenerateSerializer, Alias("mimgrains.write-not-acknowledged")]
public sealed class WriteNotAcknowledgedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public WriteNotAcknowledgedException(string table, IReadOnlyList<string> missingSilos, TimeSpan timeout)
        : base($"Table {table}: no acknowledgement within {timeout.TotalMilliseconds:0} ms from {string.Join(", ", missingSilos)}. " +
            "The write is applied on this silo and reaches the others when they answer again.")
    {
        Table = table;
        MissingSilos = missingSilos;
    }

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }

    /// <summary>Returns the silos that did not answer.</summary>
    [Id(1)]
    public IReadOnlyList<string> MissingSilos { get; }
}

/// <summary>A table cannot be used on this silo now: it has not joined yet, or the silo is stopping.</summary>
[GenerateSerializer, Alias("mimgrains.table-unavailable")]
public sealed class TableUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public TableUnavailableException(string table, string reason)
        : base($"Table {table}: {reason}") => Table = table;

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }
}

/// <summary>Two silos define a table of the same name differently.</summary>
[GenerateSerializer, Alias("mimgrains.table-definition-mismatch")]
public sealed class TableDefinitionMismatchException : Exception
{
    /// <summary>Creates the exception.</summary>
    public TableDefinitionMismatchException(string table, string silo, string definition, string otherSilo, string otherDefinition)
        : base($"Table {table} is defined differently: {silo} has {definition}, {otherSilo} has {otherDefinition}. " +
            "Give every silo the same definition, or another table name.") => Table = table;

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }
}

/// <summary>A watch cannot go on: what it has not seen is not kept any more. Watch again without a token.</summary>
[GenerateSerializer, Alias("mimgrains.snapshot-required")]
public sealed class SnapshotRequiredException : Exception
{
    /// <summary>Creates the exception.</summary>
    public SnapshotRequiredException(string table, string reason)
        : base($"Table {table}: the watch cannot go on, as {reason}. Watch again without a token.") => Table = table;

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }
}
