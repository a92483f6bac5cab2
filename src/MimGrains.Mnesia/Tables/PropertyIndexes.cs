using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>Makes indexes by properties whose types are not known before.</summary>
internal static class PropertyIndexes
{
    /// <exception cref="ArgumentException">The record has no such property.</exception>
    public static TableIndex<TKey, TRecord> Of<TKey, TRecord>(string property)
        where TKey : notnull
        where TRecord : class
    {
        var type = typeof(TRecord).GetProperty(property)?.PropertyType
            ?? throw new ArgumentException($"{typeof(TRecord)} has no public property {property}.", nameof(property));
        return typeof(TableIndex).GetMethod(nameof(TableIndex.OfProperty))!
            .MakeGenericMethod(typeof(TKey), typeof(TRecord), type)
            .CreateDelegate<Func<string, TableIndex<TKey, TRecord>>>()(property);
    }
}
