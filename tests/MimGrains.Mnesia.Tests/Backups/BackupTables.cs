using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MimGrains.Mnesia.Backups;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Backups;

/// <summary>An account.</summary>
public sealed record Account(string Owner, long Balance)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Owner}:{Balance}");
}

/// <summary>A record of which JSON knows only a part.</summary>
public sealed class Secretive(string shown, string hidden)
{
    private readonly string _hidden = hidden;

    public string Shown { get; } = shown;

    public string Tell() => $"{Shown} {_hidden}";
}

/// <summary>Tables for tests of backups, with simple codecs.</summary>
internal sealed class MemoryBackupTables(params BackupTable[] tables) : IBackupTables
{
    public static readonly PersistentTableDefinition<int, Account> Accounts = new("accounts") { Version = 2 };
    public static readonly PersistentTableDefinition<int, Account> OldAccounts = new("accounts") { Version = 1 };
    public static readonly PersistentTableDefinition<string, Account> Members = new("members") { Type = PersistentTableType.Bag };
    public static readonly PersistentTableDefinition<int, Secretive> Secrets = new("secrets");

    private static readonly JsonSerializerOptions Json = new() { IncludeFields = true };

    public IReadOnlyList<string> Names => [.. tables.Select(table => table.Definition.Name).Order(StringComparer.Ordinal)];

    public static MemoryBackupTables All => new(Table(Accounts), Table(Members));

    public BackupTable? Find(string name) => tables.SingleOrDefault(table => table.Definition.Name == name);

    public static BackupTable Table(PersistentTableDefinition<int, Account> definition, string keyForm = "int32/1") =>
        new BackupTable<int, Account>(
            definition,
            new Codec<int, Account>(
                key => key.ToString(CultureInfo.InvariantCulture),
                text => int.Parse(text, CultureInfo.InvariantCulture),
                record => $"{record.Owner}|{record.Balance}",
                ReadAccount),
            keyForm,
            Json);

    public static BackupTable Table(PersistentTableDefinition<string, Account> definition) => new BackupTable<string, Account>(
        definition,
        new Codec<string, Account>(key => key, text => text, record => $"{record.Owner}|{record.Balance}", ReadAccount),
        "text/1",
        Json);

    public static BackupTable Table(PersistentTableDefinition<int, Secretive> definition) => new BackupTable<int, Secretive>(
        definition,
        new Codec<int, Secretive>(
            key => key.ToString(CultureInfo.InvariantCulture),
            text => int.Parse(text, CultureInfo.InvariantCulture),
            record => record.Tell(),
            text => new Secretive(text.Split(' ')[0], text.Split(' ')[1])),
        "int32/1",
        Json);

    private static Account ReadAccount(string text) => text.Split('|') is [var owner, var balance]
        ? new Account(owner, long.Parse(balance, CultureInfo.InvariantCulture))
        : throw new InvalidDataException($"'{text}' is no account");

    private sealed class Codec<TKey, TRecord>(
        Func<TKey, string> writeKey, Func<string, TKey> readKey, Func<TRecord, string> write, Func<string, TRecord> read)
        : ITableCodec<TKey, TRecord>
    {
        public string Name => "test";

        public void WriteKey(TKey key, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes(writeKey(key)));

        public TKey ReadKey(ReadOnlySpan<byte> bytes) => readKey(Encoding.UTF8.GetString(bytes));

        public void WriteRecord(TRecord record, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes(write(record)));

        public TRecord ReadRecord(ReadOnlySpan<byte> bytes) => read(Encoding.UTF8.GetString(bytes));
    }
}

/// <summary>Nodes for tests of backups.</summary>
internal sealed class MemoryNodes(string own, params string[] all) : IBackupNodes
{
    public string Own => own;

    public IReadOnlyList<string> All => all;
}

/// <summary>Progress that is told at once, on the thread that tells it.</summary>
internal sealed class ToldProgress(Action<BackupProgress> onTold) : IProgress<BackupProgress>
{
    public void Report(BackupProgress value) => onTold(value);
}
