namespace MimGrains.Mnesia.Storage;

/// <summary>One fragment of one table, as the storage knows it.</summary>
/// <param name="Table">The table's name. Not empty; it may hold any character but a slash.</param>
/// <param name="Cookie">
/// Tells a table from others that had its name before: made anew when the table is created, and part of every key in the
/// storage. So a writer of a table that was deleted can never write into the one that came after it. No slash.
/// </param>
/// <param name="Number">The fragment's number, from 0 on.</param>
internal readonly record struct FragmentName(string Table, string Cookie, int Number)
{
    /// <summary>Returns it as messages show it: <c>accounts/2</c>.</summary>
    public override string ToString() => $"{Table}/{Number}";
}
