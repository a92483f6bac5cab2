using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Clients;

/// <inheritdoc cref="IClientTables"/>
internal sealed class ClientTables(TableRegistry registry) : IClientTables
{
    public PersistentTableDefinition Get(string name) => registry.Get(name).Definition;

    public PersistentTableDefinition<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class => registry.Get<TKey, TRecord>(name).Definition;

    public TableIndex<TKey, TRecord, TIndex> IndexOf<TKey, TRecord, TIndex>(string table, string index)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull => registry.Get<TKey, TRecord>(table).IndexOf<TIndex>(index);
}
