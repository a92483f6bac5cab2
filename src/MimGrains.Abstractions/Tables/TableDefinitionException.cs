namespace MimGrains.Tables;

/// <summary>A table is defined in a way that cannot work; the silo that registers it does not start.</summary>
[GenerateSerializer, Alias("mimgrains.table-definition-wrong")]
public sealed class TableDefinitionException : Exception
{
    /// <summary>Creates the exception.</summary>
    public TableDefinitionException(string table, string reason, Exception? cause = null)
        : base($"Table {table}: {reason}", cause) => Table = table;

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }
}
