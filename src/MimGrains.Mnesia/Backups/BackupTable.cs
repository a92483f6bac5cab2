using System.Buffers;
using System.Text.Json;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Backups;

/// <summary>A persistent table as backups see it: what is read in a transaction, and what writes it again.</summary>
internal abstract class BackupTable
{
    /// <summary>The definition.</summary>
    public abstract PersistentTableDefinition Definition { get; }

    /// <summary>The form of its keys in bytes.</summary>
    public abstract string KeyForm { get; }

    /// <summary>What a backup that is taken now says of it.</summary>
    public BackupTableHeader Header => BackupTableHeader.Of(Definition, KeyForm);

    /// <summary>Returns all records, as the transaction sees them.</summary>
    public abstract Task<TableCut> CutAsync(ITransaction transaction);

    /// <summary>Returns what deletes each of its records, as the transaction sees them.</summary>
    public abstract Task<IReadOnlyList<Func<ITransaction, ValueTask>>> DeletionsAsync(ITransaction transaction);

    /// <summary>Returns what writes a record of a backup.</summary>
    /// <exception cref="InvalidDataException">It is no record of this table.</exception>
    /// <exception cref="JsonException">It is no record of this table.</exception>
    public abstract Func<ITransaction, ValueTask> Writer(BackupEntry entry, bool isText);
}

/// <summary>The records of a table at one moment. Read by one thread at a time.</summary>
internal abstract class TableCut(BackupTable table)
{
    public BackupTable Table { get; } = table;

    public abstract int Count { get; }

    /// <summary>Returns a record as bytes.</summary>
    public abstract BackupEntry Binary(int place);

    /// <summary>Returns a record as JSON.</summary>
    /// <exception cref="BackupException">It would not be the same when it is read again.</exception>
    public abstract BackupEntry Text(int place);
}

/// <inheritdoc/>
internal sealed class BackupTable<TKey, TRecord>(
    PersistentTableDefinition<TKey, TRecord> definition,
    ITableCodec<TKey, TRecord> codec,
    string keyForm,
    JsonSerializerOptions json)
    : BackupTable
    where TKey : notnull
    where TRecord : class
{
    public override PersistentTableDefinition Definition => definition;

    public override string KeyForm => keyForm;

    public override async Task<TableCut> CutAsync(ITransaction transaction) =>
        new Cut(this, await transaction.SelectAsync(definition));

    public override async Task<IReadOnlyList<Func<ITransaction, ValueTask>>> DeletionsAsync(ITransaction transaction)
    {
        var keys = await transaction.AllKeysAsync(definition);
        return [.. keys.Select(key => (Func<ITransaction, ValueTask>)(later => later.DeleteAsync(definition, key)))];
    }

    public override Func<ITransaction, ValueTask> Writer(BackupEntry entry, bool isText)
    {
        var (key, record) = isText ? OfText(entry) : (codec.ReadKey(entry.Key.Span), codec.ReadRecord(entry.Record.Span));
        return transaction => transaction.WriteAsync(definition, key, record);
    }

    private (TKey Key, TRecord Record) OfText(BackupEntry entry) => (
        JsonSerializer.Deserialize<TKey>(entry.Key.Span, json) ?? throw new InvalidDataException("a key is null"),
        JsonSerializer.Deserialize<TRecord>(entry.Record.Span, json) ?? throw new InvalidDataException("a record is null"));

    private BackupEntry Binary(TKey key, TRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.WriteKey(key, output);
        var keyBytes = output.WrittenCount;
        codec.WriteRecord(record, output);
        return new BackupEntry(output.WrittenMemory[..keyBytes], output.WrittenMemory[keyBytes..]);
    }

    // What JSON would lose is refused now, not missed later.
    private BackupEntry Text(TKey key, TRecord record)
    {
        Exception? cause = null;
        try
        {
            var text = new BackupEntry(
                JsonSerializer.SerializeToUtf8Bytes(key, json), JsonSerializer.SerializeToUtf8Bytes(record, json));
            var (keyAgain, recordAgain) = OfText(text);
            var (before, after) = (Binary(key, record), Binary(keyAgain, recordAgain));
            if (before.Key.Span.SequenceEqual(after.Key.Span) && before.Record.Span.SequenceEqual(after.Record.Span))
            {
                return text;
            }
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidDataException
            or InvalidOperationException)
        {
            cause = exception;
        }

        throw new BackupException(
            BackupProblem.DoesNotFit,
            $"Persistent table {definition.Name}: the record of key {key} is another one when it was written as JSON and read " +
            $"again{(cause is null ? "" : $" ({cause.Message})")}. Let System.Text.Json read all of {typeof(TRecord)}, or take " +
            "a backup.",
            cause);
    }

    private sealed class Cut(BackupTable<TKey, TRecord> table, IReadOnlyList<TableEntry<TKey, TRecord>> entries) : TableCut(table)
    {
        public override int Count => entries.Count;

        public override BackupEntry Binary(int place) => table.Binary(entries[place].Key, entries[place].Record);

        public override BackupEntry Text(int place) => table.Text(entries[place].Key, entries[place].Record);
    }
}
