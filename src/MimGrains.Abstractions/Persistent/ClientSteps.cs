using MimGrains.Tables;

namespace MimGrains.Persistent;

/// <summary>One operation of a client, done by its gateway silo.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.client-step")]
public abstract class ClientStep
{
    /// <summary>Does it. Returns what the client's body gets.</summary>
    internal abstract Task<object?> RunAsync(ITransaction transaction, IClientTables tables);
}

/// <summary>The tables of the silo, by name.</summary>
internal interface IClientTables
{
    PersistentTableDefinition Get(string name);

    PersistentTableDefinition<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class;

    TableIndex<TKey, TRecord, TIndex> IndexOf<TKey, TRecord, TIndex>(string table, string index)
        where TKey : notnull
        where TRecord : class
        where TIndex : notnull;
}

internal enum ClientControl
{
    Commit = 0,
    BeginNested = 1,
    KeepNested = 2,
    DropNested = 3,
}

/// <summary>Where the transaction ends, or one inside of it begins or ends: what the session does, not the transaction.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.client-control")]
internal sealed class ControlStep(ClientControl control) : ClientStep
{
    [Id(0)]
    public ClientControl Control { get; } = control;

    internal override Task<object?> RunAsync(ITransaction transaction, IClientTables tables) =>
        throw new InvalidOperationException($"{Control} is no operation.");
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-read`2")]
internal sealed class ReadStep<TKey, TRecord>(string table, TKey key, bool isForWrite, bool isOne) : ClientStep
    where TKey : notnull
    where TRecord : class
{
    [Id(0)]
    private readonly string _table = table;

    [Id(1)]
    private readonly TKey _key = key;

    [Id(2)]
    private readonly bool _isForWrite = isForWrite;

    [Id(3)]
    private readonly bool _isOne = isOne;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables)
    {
        var definition = tables.Get<TKey, TRecord>(_table);
        if (_isOne)
        {
            return await (_isForWrite ? transaction.ReadForWriteAsync(definition, _key) : transaction.ReadAsync(definition, _key));
        }

        return (await (_isForWrite
            ? transaction.ReadAllForWriteAsync(definition, _key)
            : transaction.ReadAllAsync(definition, _key))).ToArray();
    }
}

internal enum ClientWrite
{
    Put = 0,
    Delete = 1,
    DeleteObject = 2,
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-write`2")]
internal sealed class WriteStep<TKey, TRecord>(string table, ClientWrite write, TKey key, TRecord? record) : ClientStep
    where TKey : notnull
    where TRecord : class
{
    [Id(0)]
    private readonly string _table = table;

    [Id(1)]
    private readonly ClientWrite _write = write;

    [Id(2)]
    private readonly TKey _key = key;

    [Id(3)]
    private readonly TRecord? _record = record;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables)
    {
        var definition = tables.Get<TKey, TRecord>(_table);
        await (_write switch
        {
            ClientWrite.Put => transaction.WriteAsync(definition, _key, _record!),
            ClientWrite.Delete => transaction.DeleteAsync(definition, _key),
            _ => transaction.DeleteObjectAsync(definition, _key, _record!),
        });
        return null;
    }
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-counter`1")]
internal sealed class CounterStep<TKey>(string table, TKey key, long increment) : ClientStep
    where TKey : notnull
{
    [Id(0)]
    private readonly string _table = table;

    [Id(1)]
    private readonly TKey _key = key;

    [Id(2)]
    private readonly long _increment = increment;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables) =>
        await transaction.UpdateCounterAsync(tables.Get<TKey, Counter>(_table), _key, _increment);
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-index-read`3")]
internal sealed class IndexReadStep<TKey, TRecord, TIndex>(string table, string index, TIndex value) : ClientStep
    where TKey : notnull
    where TRecord : class
    where TIndex : notnull
{
    [Id(0)]
    private readonly string _table = table;

    [Id(1)]
    private readonly string _index = index;

    [Id(2)]
    private readonly TIndex _value = value;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables) => (await transaction.IndexReadAsync(
        tables.Get<TKey, TRecord>(_table), tables.IndexOf<TKey, TRecord, TIndex>(_table, _index), _value)).ToArray();
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-page`2")]
internal sealed class PageStep<TKey, TRecord>(string table, KeyRange<TKey> range, int limit, string? continuation) : ClientStep
    where TKey : notnull
    where TRecord : class
{
    [Id(0)]
    private readonly string _table = table;

    [Id(1)]
    private readonly KeyRange<TKey> _range = range;

    [Id(2)]
    private readonly int _limit = limit;

    [Id(3)]
    private readonly string? _continuation = continuation;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables)
    {
        var page = await transaction.SelectPageAsync(tables.Get<TKey, TRecord>(_table), _limit, _continuation, null, _range);
        return page with { Entries = page.Entries.ToArray() }; // An array has one form on the wire.
    }
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-all-keys`2")]
internal sealed class AllKeysStep<TKey, TRecord>(string table) : ClientStep
    where TKey : notnull
    where TRecord : class
{
    [Id(0)]
    private readonly string _table = table;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables) =>
        (await transaction.AllKeysAsync(tables.Get<TKey, TRecord>(_table))).ToArray();
}

internal enum ClientEdge
{
    First = 0,
    Last = 1,
    Next = 2,
    Previous = 3,
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-edge`2")]
internal sealed class EdgeStep<TKey, TRecord>(string table, ClientEdge edge, TKey? key) : ClientStep
    where TKey : notnull
    where TRecord : class
{
    [Id(0)]
    private readonly string _table = table;

    [Id(1)]
    private readonly ClientEdge _edge = edge;

    [Id(2)]
    private readonly TKey? _key = key;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables)
    {
        var definition = tables.Get<TKey, TRecord>(_table);
        return await (_edge switch
        {
            ClientEdge.First => transaction.FirstAsync(definition),
            ClientEdge.Last => transaction.LastAsync(definition),
            ClientEdge.Next => transaction.NextAsync(definition, _key!),
            _ => transaction.PreviousAsync(definition, _key!),
        });
    }
}

[GenerateSerializer, Immutable, Alias("mimgrains.client-lock")]
internal sealed class LockStep(string name, bool isTable, LockKind kind) : ClientStep
{
    [Id(0)]
    private readonly string _name = name;

    [Id(1)]
    private readonly bool _isTable = isTable;

    [Id(2)]
    private readonly LockKind _kind = kind;

    internal override async Task<object?> RunAsync(ITransaction transaction, IClientTables tables)
    {
        await (_isTable ? transaction.LockTableAsync(tables.Get(_name), _kind) : transaction.LockNameAsync(_name, _kind));
        return null;
    }
}
