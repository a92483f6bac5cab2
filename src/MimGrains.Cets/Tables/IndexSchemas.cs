using MimGrains.Core.Store;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

/// <summary>Makes of a declared index what the core must know of it.</summary>
internal sealed class IndexSchemas<TKey, TRecord> : ITableIndexVisitor<TKey, TRecord, IndexSchema<TKey, TRecord>>
    where TKey : notnull
    where TRecord : class
{
    public IndexSchema<TKey, TRecord> Visit<TIndex>(TableIndex<TKey, TRecord, TIndex> index)
        where TIndex : notnull =>
        new IndexSchema<TKey, TRecord, TIndex>(index.Name, index.ValueOf, index.Equality);
}
