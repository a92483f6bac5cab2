namespace MimGrains.Tables;

/// <summary>The order that a table has when its definition names none.</summary>
internal static class TableOrder
{
    /// <summary>Returns the natural order of a type; strings by their code points.</summary>
    public static IComparer<T> Default<T>() =>
        typeof(T) == typeof(string) ? (IComparer<T>)(object)StringComparer.Ordinal : Comparer<T>.Default;
}
