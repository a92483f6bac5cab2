using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Mnesia.Tables.Keys;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;

namespace MimGrains.Mnesia.Tables;

/// <summary>
/// Writes keys and records of a persistent table as bytes: what travels to fragments, is stored and is compared. A
/// record is the
/// version of its form, seven bits to a byte, and what Orleans' serializer makes of it. Thread-safe.
/// </summary>
internal sealed class TableBytes<TKey, TRecord> : ITableCodec<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    private const int KeyShownMost = 64;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly PersistentTableDefinition<TKey, TRecord> _definition;
    private readonly IKeyCodec<TKey> _keys;
    private readonly Serializer<TRecord> _records;
    private readonly ObjectSerializer _oldRecords;

    /// <exception cref="TableDefinitionException">Keys or records cannot be written as bytes.</exception>
    public TableBytes(PersistentTableDefinition<TKey, TRecord> definition, IServiceProvider services)
    {
        _definition = definition;
        _keys = KeyCodecs.Of(definition);
        CheckSerializable(services, typeof(TRecord));
        foreach (var upgrade in definition.Upgrades.Values)
        {
            CheckSerializable(services, upgrade.OldType);
        }

        _records = services.GetRequiredService<Serializer<TRecord>>();
        _oldRecords = services.GetRequiredService<ObjectSerializer>();
    }

    /// <summary>
    /// The definition: silos whose persistent tables differ cannot join their copies. Without the storage, which is changed while
    /// the cluster runs: <see cref="TableStorages"/> sees to that.
    /// </summary>
    public string Name => $"{_definition.Describe(withStorage: false)} {_keys.Name}";

    public void WriteKey(TKey key, IBufferWriter<byte> output) => _keys.Write(key, output);

    public TKey ReadKey(ReadOnlySpan<byte> bytes) => _keys.Read(bytes);

    public void WriteRecord(TRecord record, IBufferWriter<byte> output)
    {
        WriteVersion(_definition.Version, output);
        _records.Serialize(record, output);
    }

    public TRecord ReadRecord(ReadOnlySpan<byte> bytes)
    {
        var version = ReadVersion(ref bytes);
        if (version == _definition.Version)
        {
            return _records.Deserialize(bytes)!;
        }

        return _definition.Upgrades.TryGetValue(version, out var upgrade)
            ? upgrade.Upgrade(_oldRecords.Deserialize(bytes, upgrade.OldType)!)
            : throw new InvalidDataException(
                $"Persistent table {_definition.Name}: a record has version {version}; this silo reads " +
                $"[{string.Join(", ", _definition.Upgrades.Keys.Append(_definition.Version))}].");
    }

    /// <summary>Returns a key in bytes.</summary>
    /// <exception cref="ArgumentException">The key cannot be written.</exception>
    public byte[] ToBytes(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var buffer = Buffer();
        _keys.Write(key, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns a record in bytes, for a write of it.</summary>
    /// <exception cref="ArgumentException">Key and record are too large together.</exception>
    /// <exception cref="Exception">Whatever an index function throws for it.</exception>
    public byte[] ToBytes(TKey key, TRecord record, int keyAndRecordMaxBytes)
    {
        ArgumentNullException.ThrowIfNull(record);
        foreach (var index in _definition.Indexes)
        {
            index.Accept(new IndexCheck(key, record));
        }

        var buffer = Buffer();
        _keys.Write(key, buffer);
        var keyBytes = buffer.WrittenCount;
        WriteRecord(record, buffer);
        if (buffer.WrittenCount > keyAndRecordMaxBytes)
        {
            var name = $"{key}";
            throw new ArgumentException(
                $"Persistent table {_definition.Name}: key {(name.Length > KeyShownMost ? $"{name[..KeyShownMost]}..." : name)} and its " +
                $"record have {buffer.WrittenCount} bytes, more than the {keyAndRecordMaxBytes} allowed.");
        }

        return buffer.WrittenSpan[keyBytes..].ToArray();
    }

    /// <summary>Returns a record that was read from the table, in bytes.</summary>
    public byte[] RecordBytes(TRecord record)
    {
        var buffer = Buffer();
        WriteRecord(record, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Whether a record has these bytes, or equals what has them.</summary>
    public bool AreEqual(TRecord held, ReadOnlySpan<byte> bytes) =>
        held.Equals(ReadRecord(bytes)) || RecordBytes(held).AsSpan().SequenceEqual(bytes);

    /// <summary>
    /// Whether two records in bytes are the same: the bytes are, or the records by their own equality.
    /// </summary>
    public bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        left.SequenceEqual(right) || ReadRecord(left).Equals(ReadRecord(right));

    private void CheckSerializable(IServiceProvider services, Type type)
    {
        Exception? reason = null;
        try
        {
            if (services.GetRequiredService<ICodecProvider>().TryGetCodec(type) is not null)
            {
                return;
            }
        }
        catch (Exception exception)
        {
            // Such as: a type inside of it has no codec.
            reason = exception;
        }

        throw new TableDefinitionException(
            _definition.Name,
            $"the record type {type} cannot be serialized by Orleans. Mark it, and the types in it, with [GenerateSerializer]." +
            (reason is null ? "" : $" {reason.Message}"),
            reason);
    }

    private static ArrayBufferWriter<byte> Buffer()
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1_024);
        buffer.ResetWrittenCount();
        return buffer;
    }

    private static void WriteVersion(int version, IBufferWriter<byte> output)
    {
        for (var rest = (uint)version; ; rest >>= 7)
        {
            if (rest < 0x80)
            {
                output.Write([(byte)rest]);
                return;
            }

            output.Write([(byte)(rest | 0x80)]);
        }
    }

    private int ReadVersion(ref ReadOnlySpan<byte> bytes)
    {
        var version = 0;
        for (var at = 0; at < bytes.Length && at < 4; at++)
        {
            version |= (bytes[at] & 0x7F) << (7 * at);
            if (bytes[at] < 0x80)
            {
                bytes = bytes[(at + 1)..];
                return version;
            }
        }

        throw new InvalidDataException($"Persistent table {_definition.Name}: a record of {bytes.Length} bytes has no version.");
    }

    private sealed class IndexCheck(TKey key, TRecord record) : ITableIndexVisitor<TKey, TRecord, bool>
    {
        public bool Visit<TIndex>(TableIndex<TKey, TRecord, TIndex> index)
            where TIndex : notnull => index.ValueOf(key, record) is not null;
    }
}
