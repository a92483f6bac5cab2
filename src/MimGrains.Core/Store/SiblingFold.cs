namespace MimGrains.Core.Store;

/// <summary>
/// Makes one record of several with a resolver, and does not trust it: a resolver that throws, returns null or depends on the
/// order of its arguments is reported, and the later record stays instead. So the result is the same on every silo as long as
/// the resolver is pure.
/// </summary>
internal sealed class SiblingFold<TKey, TRecord>(
    Func<TKey, TRecord, TRecord, TRecord> resolve, Func<TKey, TRecord, TRecord, bool> areEqual, Action<string>? onFault)
    where TRecord : class
{
    /// <summary>Returns the record of at least one sibling; from the first to the last, which is the order of their times.</summary>
    public TRecord RecordOf(TKey key, ReadOnlySpan<Sibling<TRecord>> siblings)
    {
        var record = siblings[0].Record;
        foreach (var later in siblings[1..])
        {
            record = Resolve(key, record, later.Record);
        }

        return record;
    }

    private TRecord Resolve(TKey key, TRecord earlier, TRecord later)
    {
        TRecord? result;
        TRecord? reverse;
        try
        {
            result = resolve(key, earlier, later);
            reverse = resolve(key, later, earlier);
        }
        catch (Exception exception)
        {
            onFault?.Invoke($"the resolver fails for key {key}, and the later record stays: {exception.GetType().Name}: {exception.Message}");
            return later;
        }

        if (result is null || reverse is null)
        {
            onFault?.Invoke($"the resolver returns null for key {key}, and the later record stays");
            return later;
        }

        if (!areEqual(key, result, reverse))
        {
            onFault?.Invoke($"the resolver is not symmetric for key {key}, and the later record stays: "
                + $"it makes {result} of {earlier} and {later}, but {reverse} the other way round");
            return later;
        }

        return result;
    }
}
