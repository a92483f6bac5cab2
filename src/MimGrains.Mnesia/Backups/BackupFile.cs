using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

// mark, then frames: begin, (table, records..., table end)..., end.  A frame: length, kind, checksum, content.
// The checksum is over the one before as well: frames that are missing, doubled or of another file are noticed.
/// <summary>The form of a backup file.</summary>
internal static class BackupFile
{
    /// <summary>The version of the form.</summary>
    public const byte Version = 1;

    /// <summary>The most bytes of a frame; a length above is no length.</summary>
    public const int MaxFrameBytes = 1 << 30;

    /// <summary>Length, kind and checksum.</summary>
    public const int FrameHeaderBytes = 13;

    /// <summary>What a file begins with; the version is behind it.</summary>
    public static ReadOnlySpan<byte> Mark => "MimGrains backup\n"u8;

    public static ulong Hash(ulong before, BackupFrameKind kind, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[sizeof(ulong) + 1];
        BinaryPrimitives.WriteUInt64LittleEndian(head, before);
        head[^1] = (byte)kind;
        var hash = new XxHash3();
        hash.Append(head);
        hash.Append(content);
        return hash.GetCurrentHashAsUInt64();
    }
}

/// <summary>What a frame of a backup holds.</summary>
internal enum BackupFrameKind : byte
{
    Begin = 1,
    Table = 2,
    Records = 3,

    /// <summary>How many records the table has.</summary>
    TableEnd = 4,

    /// <summary>How many tables the file has.</summary>
    End = 5,
}

/// <summary>Writes a backup beside its place, and moves it there when it is complete.</summary>
internal sealed class BackupFileWriter(string path) : IBackupWriter
{
    private readonly FreshFile _file = FreshFile.Create(path);
    private ulong _hash;
    private long _tables;
    private long _records;

    public long SizeBytes => _file.Stream.Position;

    public async Task BeginAsync(BackupHeader header, CancellationToken cancellationToken)
    {
        byte[] mark = [.. BackupFile.Mark, BackupFile.Version];
        await _file.WriteAsync(mark, cancellationToken);
        await WriteFrameAsync(BackupFrameKind.Begin, header.Write(), cancellationToken);
    }

    public Task BeginTableAsync(BackupTableHeader table, CancellationToken cancellationToken)
    {
        _tables++;
        _records = 0;
        return WriteFrameAsync(BackupFrameKind.Table, table.Write(), cancellationToken);
    }

    public Task WriteAsync(IReadOnlyList<BackupEntry> entries, CancellationToken cancellationToken)
    {
        var content = new ArrayBufferWriter<byte>();
        foreach (var entry in entries)
        {
            content.WriteBytes(entry.Key.Span);
            content.WriteBytes(entry.Record.Span);
        }

        _records += entries.Count;
        return WriteFrameAsync(BackupFrameKind.Records, content.WrittenMemory, cancellationToken);
    }

    public Task EndTableAsync(CancellationToken cancellationToken) =>
        WriteFrameAsync(BackupFrameKind.TableEnd, Number(_records), cancellationToken);

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await WriteFrameAsync(BackupFrameKind.End, Number(_tables), cancellationToken);
        await _file.CompleteAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private static ReadOnlyMemory<byte> Number(long value)
    {
        var content = new ArrayBufferWriter<byte>();
        content.WriteNumber(value);
        return content.WrittenMemory;
    }

    private async Task WriteFrameAsync(BackupFrameKind kind, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        _hash = BackupFile.Hash(_hash, kind, content.Span);
        var head = new byte[BackupFile.FrameHeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(head, content.Length);
        head[4] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(5), _hash);
        await _file.WriteAsync(head, cancellationToken);
        await _file.WriteAsync(content, cancellationToken);
    }
}

/// <summary>Reads a backup.</summary>
internal sealed class BackupFileReader(string path, FileStream stream) : IBackupReader
{
    private BackupHeader? _header;
    private ulong _hash;

    public string Path => path;

    public bool IsText => false;

    public BackupHeader Header => _header ?? throw new InvalidOperationException("Nothing was read yet.");

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    public async IAsyncEnumerable<BackupBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        stream.Position = 0;
        _hash = 0;
        await ReadMarkAsync(cancellationToken);
        var (first, begin) = await ReadFrameAsync(cancellationToken);
        _header = first == BackupFrameKind.Begin
            ? Parse(BackupHeader.Read, begin)
            : throw Damaged($"it begins with a frame {first}");
        BackupTableHeader? table = null;
        var (tables, records) = (0L, 0L);
        while (true)
        {
            var (kind, content) = await ReadFrameAsync(cancellationToken);
            switch (kind)
            {
                case BackupFrameKind.Table when table is null:
                    table = Parse(BackupTableHeader.Read, content);
                    (tables, records) = (tables + 1, 0);
                    yield return new BackupBatch(table, [], stream.Position);
                    break;
                case BackupFrameKind.Records when table is not null:
                    var entries = Parse(ReadEntries, content);
                    records += entries.Count;
                    yield return new BackupBatch(table, entries, stream.Position);
                    break;
                case BackupFrameKind.TableEnd when table is not null:
                    CheckCount(content, records, $"records of table {table.Name}");
                    table = null;
                    break;
                case BackupFrameKind.End when table is null && stream.Position == stream.Length:
                    CheckCount(content, tables, "tables");
                    yield break;
                default:
                    throw Damaged($"a frame {kind} where none should be");
            }
        }
    }

    private async Task ReadMarkAsync(CancellationToken cancellationToken)
    {
        var mark = new byte[BackupFile.Mark.Length + 1];
        var read = await stream.ReadAtLeastAsync(mark, mark.Length, throwOnEndOfStream: false, cancellationToken);
        if (read < mark.Length || !mark.AsSpan(0, BackupFile.Mark.Length).SequenceEqual(BackupFile.Mark))
        {
            throw new BackupException(BackupProblem.Foreign, $"{path} is no backup of MimGrains.");
        }

        if (mark[^1] != BackupFile.Version)
        {
            throw new BackupException(
                BackupProblem.LaterVersion,
                $"{path} has version {mark[^1]} of the form of backups; this program reads version {BackupFile.Version}.");
        }
    }

    private async Task<(BackupFrameKind Kind, ReadOnlyMemory<byte> Content)> ReadFrameAsync(CancellationToken cancellationToken)
    {
        var position = stream.Position;
        var head = await ReadAllAsync(BackupFile.FrameHeaderBytes, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 0 or > BackupFile.MaxFrameBytes)
        {
            throw Damaged($"at byte {position} there is no frame");
        }

        if (length > stream.Length - stream.Position)
        {
            throw Damaged($"it ends at byte {stream.Length}, in the middle of a frame");
        }

        var kind = (BackupFrameKind)head[4];
        var content = await ReadAllAsync(length, cancellationToken);
        _hash = BackupFile.Hash(_hash, kind, content);
        return _hash == BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(5))
            ? (kind, content)
            : throw Damaged($"the checksum of the frame at byte {position} is wrong");
    }

    private async Task<byte[]> ReadAllAsync(int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        return await stream.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, cancellationToken) == length
            ? bytes
            : throw Damaged($"it ends at byte {stream.Length}, before it is complete");
    }

    private static List<BackupEntry> ReadEntries(ReadOnlyMemory<byte> content)
    {
        List<BackupEntry> entries = [];
        var reader = new ByteReader(content);
        while (!reader.IsAtEnd)
        {
            entries.Add(new BackupEntry(reader.ReadBytes(), reader.ReadBytes()));
        }

        return entries;
    }

    private void CheckCount(ReadOnlyMemory<byte> content, long count, string what)
    {
        var expected = Parse(bytes => new ByteReader(bytes).ReadNumber(), content);
        if (expected != count)
        {
            throw Damaged($"it has {count} {what} and should have {expected}");
        }
    }

    private T Parse<T>(Func<ReadOnlyMemory<byte>, T> parse, ReadOnlyMemory<byte> content)
    {
        try
        {
            return parse(content);
        }
        catch (Exception exception) when (exception is InvalidDataException or ArgumentException)
        {
            throw Damaged(exception.Message);
        }
    }

    private BackupException Damaged(string what) => new(BackupProblem.Damaged, $"{path} is damaged: {what}.");
}
