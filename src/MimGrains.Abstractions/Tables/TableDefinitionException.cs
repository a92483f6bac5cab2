namespace MimGrains.Tables;

/// <summary>A table is defined in a way that cannot work; the silo that registers it does not start.</summary>
[GenerateSerializer, Alias("mimgrains.table-definition-wrong")]
public sealed class TableDefinitionException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="table">The name of the table.</param>
    /// <param name="reason">What is wrong.</param>
    /// <param name="cause">What shows it; null for nothing.</param>
    /// <param name="origin">The place in the silo's configuration that is wrong; null if code is.</param>
    public TableDefinitionException(string table, string reason, Exception? cause = null, string? origin = null)
        : base(origin is null ? $"Table {table}: {reason}" : $"{origin}: table {table}: {reason}", cause) =>
        (Table, Origin) = (table, origin);

    /// <summary>Returns the name of the table.</summary>
    [Id(0)]
    public string Table { get; }

    /// <summary>Returns where the silo's configuration is wrong, such as <c>mim.toml:7</c>; null if code is.</summary>
    [Id(1)]
    public string? Origin { get; }
}
