namespace MimGrains.Tables;

/// <summary>Makes ranges of keys, such as <c>KeyRange.AtLeast(10).LessThan(20).Descending()</c>.</summary>
public static class KeyRange
{
    /// <summary>Returns all keys, ascending.</summary>
    public static KeyRange<TKey> All<TKey>()
        where TKey : notnull => default;

    /// <summary>Returns the keys that are <paramref name="key"/> or greater.</summary>
    public static KeyRange<TKey> AtLeast<TKey>(TKey key)
        where TKey : notnull => default(KeyRange<TKey>).AtLeast(key);

    /// <summary>Returns the keys that are greater than <paramref name="key"/>.</summary>
    public static KeyRange<TKey> GreaterThan<TKey>(TKey key)
        where TKey : notnull => default(KeyRange<TKey>).GreaterThan(key);

    /// <summary>Returns the keys that are <paramref name="key"/> or less.</summary>
    public static KeyRange<TKey> AtMost<TKey>(TKey key)
        where TKey : notnull => default(KeyRange<TKey>).AtMost(key);

    /// <summary>Returns the keys that are less than <paramref name="key"/>.</summary>
    public static KeyRange<TKey> LessThan<TKey>(TKey key)
        where TKey : notnull => default(KeyRange<TKey>).LessThan(key);
}

/// <summary>
/// A range of keys in the order of a table, and in which direction it is read. Immutable; the default is all keys, ascending.
/// A range whose lower bound is above its upper one has no keys.
/// </summary>
/// <typeparam name="TKey">Key.</typeparam>
[GenerateSerializer, Immutable, Alias("mimgrains.key-range`1")]
public readonly record struct KeyRange<TKey>
    where TKey : notnull
{
    /// <summary>Returns what kind of lower bound there is.</summary>
    [Id(0)]
    public BoundKind LowerKind { get; private init; }

    /// <summary>Returns the lower bound; without meaning when there is none.</summary>
    [Id(1)]
    public TKey? Lower { get; private init; }

    /// <summary>Returns what kind of upper bound there is.</summary>
    [Id(2)]
    public BoundKind UpperKind { get; private init; }

    /// <summary>Returns the upper bound; without meaning when there is none.</summary>
    [Id(3)]
    public TKey? Upper { get; private init; }

    /// <summary>Returns whether the greatest key comes first.</summary>
    [Id(4)]
    public bool IsDescending { get; private init; }

    /// <summary>Returns this range from <paramref name="key"/> on, in place of any lower bound.</summary>
    public KeyRange<TKey> AtLeast(TKey key) => this with { Lower = NotNull(key), LowerKind = BoundKind.Inclusive };

    /// <summary>Returns this range from behind <paramref name="key"/> on, in place of any lower bound.</summary>
    public KeyRange<TKey> GreaterThan(TKey key) => this with { Lower = NotNull(key), LowerKind = BoundKind.Exclusive };

    /// <summary>Returns this range up to <paramref name="key"/>, in place of any upper bound.</summary>
    public KeyRange<TKey> AtMost(TKey key) => this with { Upper = NotNull(key), UpperKind = BoundKind.Inclusive };

    /// <summary>Returns this range up to just before <paramref name="key"/>, in place of any upper bound.</summary>
    public KeyRange<TKey> LessThan(TKey key) => this with { Upper = NotNull(key), UpperKind = BoundKind.Exclusive };

    /// <summary>Returns this range, greatest key first.</summary>
    public KeyRange<TKey> Descending() => this with { IsDescending = true };

    /// <summary>Returns whether a key stands below this range, in an order.</summary>
    public bool IsBelow(TKey key, IComparer<TKey> order) => LowerKind != BoundKind.None && Compare(key, Lower!, order) is var sign
        && (sign < 0 || (sign == 0 && LowerKind == BoundKind.Exclusive));

    /// <summary>Returns whether a key stands above this range, in an order.</summary>
    public bool IsAbove(TKey key, IComparer<TKey> order) => UpperKind != BoundKind.None && Compare(key, Upper!, order) is var sign
        && (sign > 0 || (sign == 0 && UpperKind == BoundKind.Exclusive));

    private static int Compare(TKey left, TKey right, IComparer<TKey> order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return order.Compare(left, right);
    }

    private static TKey NotNull(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key;
    }
}

/// <summary>Whether a range ends with a key, before it, or not at all.</summary>
public enum BoundKind
{
    /// <summary>No bound.</summary>
    None = 0,

    /// <summary>The key belongs to the range.</summary>
    Inclusive = 1,

    /// <summary>The key does not belong to the range.</summary>
    Exclusive = 2,
}
