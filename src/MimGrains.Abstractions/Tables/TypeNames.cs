namespace MimGrains.Tables;

/// <summary>Names types in descriptions of tables.</summary>
internal static class TypeNames
{
    /// <summary>Returns a name without versions of assemblies, which a rolling upgrade changes.</summary>
    public static string Of(Type type) => type.IsGenericType
        ? $"{type.Namespace}.{type.Name}[{string.Join(",", type.GetGenericArguments().Select(Of))}]"
        : $"{type.FullName}";
}
