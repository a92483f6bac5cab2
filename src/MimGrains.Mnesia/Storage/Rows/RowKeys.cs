using System.Globalization;

namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>Under which keys the rows of a fragment are, and in which slot of the ring a log row is.</summary>
internal sealed class RowKeys
{
    private const int MaxNameLength = 400;

    private readonly string _prefix;

    /// <exception cref="ArgumentException">The name cannot be part of a key.</exception>
    public RowKeys(FragmentName name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name.Table);
        ArgumentException.ThrowIfNullOrEmpty(name.Cookie);
        ArgumentOutOfRangeException.ThrowIfNegative(name.Number);
        if (name.Table.Contains('/', StringComparison.Ordinal) || name.Cookie.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"The name of table {name.Table} and its cookie {name.Cookie} must hold no slash.", nameof(name));
        }

        if (name.Table.Length + name.Cookie.Length > MaxNameLength)
        {
            throw new ArgumentException(
                $"The name of table {name.Table} and its cookie have more than {MaxNameLength} characters.", nameof(name));
        }

        // The slash at the beginning of the rest keeps Orleans from taking a key for a number or a GUID.
        _prefix = string.Create(CultureInfo.InvariantCulture, $"t/{name.Table}/{name.Cookie}/{name.Number}/");
        Manifest = _prefix + "manifest";
    }

    public string Manifest { get; }

    // Rows are written over, one round after the other, and never removed: whoever wants to write a row must know what is
    // there,
    // so a writer that slept since an earlier round can never write one.
    public string Slot(long number, int slots) =>
        string.Create(CultureInfo.InvariantCulture, $"{_prefix}log/{(number - 1) % slots}");

    /// <summary>The version that a slot has before a number is written into it.</summary>
    public static int VersionBefore(long number, int slots) => checked((int)((number - 1) / slots));

    public string Page(string run, int page) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{run}/{page}");

    public string Index(string run, int part) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{run}/index/{part}");
}
