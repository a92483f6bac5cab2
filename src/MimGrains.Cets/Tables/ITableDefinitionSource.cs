using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

/// <summary>Brings tables that are made of something else than what users have registered. A service; there may be several.</summary>
internal interface ITableDefinitionSource
{
    /// <summary>The tables. Asked for once, when the tables of the silo are made.</summary>
    IEnumerable<TableDefinition> Definitions { get; }
}
