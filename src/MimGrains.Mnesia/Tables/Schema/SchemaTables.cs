using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>The replicated tables in which the silos tell each other what was changed while they run.</summary>
internal static class SchemaTables
{
    /// <summary>What there is beside what silos have registered. Stays until the last silo stops.</summary>
    public static TableDefinition<string, SchemaEntry> Schema { get; } = new("mnesia$schema")
    {
        NodeDown = NodeDownRule.Keep,
        KeepsChanges = true,
    };

    /// <summary>Which silo has done what of it. Goes with the silo.</summary>
    public static TableDefinition<SchemaMark, SchemaResult> Marks { get; } = new("mnesia$schema-marks");

    public static IEnumerable<TableDefinition> Definitions => [Schema, Marks, TableStorage.Table];
}
