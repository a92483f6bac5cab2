using System.Buffers;
using System.Text;
using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

/// <summary>What a backup says of itself at its beginning.</summary>
/// <param name="CreatedAt">When it was taken.</param>
/// <param name="Nodes">The names of the cluster's nodes, ascending.</param>
internal sealed record BackupHeader(DateTimeOffset CreatedAt, IReadOnlyList<string> Nodes)
{
    public ReadOnlyMemory<byte> Write()
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteNumber(CreatedAt.ToUnixTimeMilliseconds());
        output.WriteNumber(Nodes.Count);
        foreach (var node in Nodes)
        {
            output.WriteBytes(Encoding.UTF8.GetBytes(node));
        }

        return output.WrittenMemory;
    }

    /// <exception cref="InvalidDataException">It is no header.</exception>
    public static BackupHeader Read(ReadOnlyMemory<byte> content)
    {
        var reader = new ByteReader(content);
        var createdAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadNumber());
        List<string> nodes = [];
        for (var left = reader.ReadNumber(); left > 0; left--)
        {
            nodes.Add(Encoding.UTF8.GetString(reader.ReadBytes().Span));
        }

        return new BackupHeader(createdAt, nodes);
    }
}

/// <summary>What a backup says of a table before its records.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its definition, as <see cref="PersistentTableDefinition.Describe"/> gave it.</param>
/// <param name="Type">What a key may have.</param>
/// <param name="RecordType">The type of its records.</param>
/// <param name="RecordVersion">The version of the form of its records.</param>
/// <param name="KeyForm">The form of its keys in bytes: the name of the codec.</param>
internal sealed record BackupTableHeader(
    string Name, string Description, PersistentTableType Type, string RecordType, int RecordVersion, string KeyForm)
{
    public static BackupTableHeader Of(PersistentTableDefinition definition, string keyForm) => new(
        definition.Name, definition.Describe(), definition.Type, definition.RecordType.ToString(), definition.Version, keyForm);

    public ReadOnlyMemory<byte> Write()
    {
        var output = new ArrayBufferWriter<byte>();
        output.WriteBytes(Encoding.UTF8.GetBytes(Name));
        output.WriteBytes(Encoding.UTF8.GetBytes(Description));
        output.WriteNumber((int)Type);
        output.WriteBytes(Encoding.UTF8.GetBytes(RecordType));
        output.WriteNumber(RecordVersion);
        output.WriteBytes(Encoding.UTF8.GetBytes(KeyForm));
        return output.WrittenMemory;
    }

    /// <exception cref="InvalidDataException">It is no header of a table.</exception>
    public static BackupTableHeader Read(ReadOnlyMemory<byte> content)
    {
        var reader = new ByteReader(content);
        return new BackupTableHeader(
            Encoding.UTF8.GetString(reader.ReadBytes().Span),
            Encoding.UTF8.GetString(reader.ReadBytes().Span),
            (PersistentTableType)reader.ReadNumber(),
            Encoding.UTF8.GetString(reader.ReadBytes().Span),
            (int)reader.ReadNumber(),
            Encoding.UTF8.GetString(reader.ReadBytes().Span));
    }
}

/// <summary>A record in a backup: bytes, or JSON.</summary>
/// <param name="Key">Key.</param>
/// <param name="Record">Record.</param>
internal readonly record struct BackupEntry(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Record);

/// <summary>Some records of a table of a backup; an empty batch where the table begins.</summary>
/// <param name="Table">The table.</param>
/// <param name="Entries">The records, in the order of the file.</param>
/// <param name="Position">How many bytes of the file were read with it.</param>
internal sealed record BackupBatch(BackupTableHeader Table, IReadOnlyList<BackupEntry> Entries, long Position);

/// <summary>A backup or a dump that is being read. It can be read again and again: the file is kept open meanwhile.</summary>
internal interface IBackupReader : IAsyncDisposable
{
    /// <summary>The file, for messages.</summary>
    string Path { get; }

    /// <summary>Whether keys and records are JSON.</summary>
    bool IsText { get; }

    /// <summary>What it says of itself. Known once a batch was read, or the end.</summary>
    BackupHeader Header { get; }

    /// <summary>Reads it from its beginning to its end.</summary>
    /// <exception cref="BackupException">It is damaged, cut off, or something else.</exception>
    IAsyncEnumerable<BackupBatch> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A backup or a dump that is being written.</summary>
internal interface IBackupWriter : IAsyncDisposable
{
    /// <summary>How many bytes were written.</summary>
    long SizeBytes { get; }

    /// <summary>Begins the file.</summary>
    Task BeginAsync(BackupHeader header, CancellationToken cancellationToken);

    /// <summary>Begins a table.</summary>
    Task BeginTableAsync(BackupTableHeader table, CancellationToken cancellationToken);

    /// <summary>Writes records of the table.</summary>
    Task WriteAsync(IReadOnlyList<BackupEntry> entries, CancellationToken cancellationToken);

    /// <summary>Ends the table.</summary>
    Task EndTableAsync(CancellationToken cancellationToken);

    /// <summary>Ends the file: it is complete, on the disk, and has its name.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);
}
