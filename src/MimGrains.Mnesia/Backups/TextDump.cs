using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Backups;

// One JSON object a line:
//   {"dump":"mimgrains","version":1,"created":"2026-01-01T00:00:00Z","nodes":["mim1@h"]}
//   {"begin":"accounts","definition":"accounts(...)","type":"Set","recordType":"Account","recordVersion":1,"keys":"int64"}
//   {"table":"accounts","key":7,"record":{"Owner":"alice"}}          select(.record) shows the records alone
//   {"end":"accounts","records":1}
//   {"end":null,"tables":1}
/// <summary>Writes a dump.</summary>
internal sealed class TextDumpWriter(string path) : IBackupWriter
{
    private readonly FreshFile _file = FreshFile.Create(path);
    private string _table = "";
    private long _tables;
    private long _records;

    public long SizeBytes => _file.Stream.Position;

    public Task BeginAsync(BackupHeader header, CancellationToken cancellationToken) => WriteLineAsync(
        json =>
        {
            json.WriteString("dump", TextDump.Mark);
            json.WriteNumber("version", TextDump.Version);
            json.WriteString("created", header.CreatedAt.UtcDateTime);
            json.WriteStartArray("nodes");
            foreach (var node in header.Nodes)
            {
                json.WriteStringValue(node);
            }

            json.WriteEndArray();
        },
        cancellationToken);

    public Task BeginTableAsync(BackupTableHeader table, CancellationToken cancellationToken)
    {
        (_table, _records) = (table.Name, 0);
        _tables++;
        return WriteLineAsync(
            json =>
            {
                json.WriteString("begin", table.Name);
                json.WriteString("definition", table.Description);
                json.WriteString("type", table.Type.ToString());
                json.WriteString("recordType", table.RecordType);
                json.WriteNumber("recordVersion", table.RecordVersion);
                json.WriteString("keys", table.KeyForm);
            },
            cancellationToken);
    }

    public async Task WriteAsync(IReadOnlyList<BackupEntry> entries, CancellationToken cancellationToken)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var entry in entries)
        {
            AppendLine(lines, json =>
            {
                json.WriteString("table", _table);
                json.WritePropertyName("key");
                json.WriteRawValue(entry.Key.Span);
                json.WritePropertyName("record");
                json.WriteRawValue(entry.Record.Span);
            });
        }

        _records += entries.Count;
        await _file.WriteAsync(lines.WrittenMemory, cancellationToken);
    }

    public Task EndTableAsync(CancellationToken cancellationToken) => WriteLineAsync(
        json =>
        {
            json.WriteString("end", _table);
            json.WriteNumber("records", _records);
        },
        cancellationToken);

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await WriteLineAsync(
            json =>
            {
                json.WriteNull("end");
                json.WriteNumber("tables", _tables);
            },
            cancellationToken);
        await _file.CompleteAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    private async Task WriteLineAsync(Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        var line = new ArrayBufferWriter<byte>();
        AppendLine(line, write);
        await _file.WriteAsync(line.WrittenMemory, cancellationToken);
    }

    private static void AppendLine(ArrayBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, TextDump.WriterOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}

/// <summary>The form of dumps.</summary>
internal static class TextDump
{
    public const string Mark = "mimgrains";

    /// <summary>The version of the form.</summary>
    public const int Version = 1;

    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <summary>Reads a dump.</summary>
internal sealed class TextDumpReader(string path, FileStream stream) : IBackupReader
{
    private const int BatchRecords = 500;

    private BackupHeader? _header;
    private long _line;

    public string Path => path;

    public bool IsText => true;

    public BackupHeader Header => _header ?? throw new InvalidOperationException("Nothing was read yet.");

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    public async IAsyncEnumerable<BackupBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        stream.Position = 0;
        _line = 0;
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        _header = ReadHeader(await NextAsync(reader, cancellationToken));
        BackupTableHeader? table = null;
        List<BackupEntry> batch = [];
        var (tables, records) = (0L, 0L);
        while (true)
        {
            var line = await NextAsync(reader, cancellationToken);
            if (table is not null && TextOf(line, "table") == table.Name)
            {
                batch.Add(new BackupEntry(RawOf(line, "key"), RawOf(line, "record")));
                records++;
                if (batch.Count == BatchRecords)
                {
                    yield return new BackupBatch(table, batch, stream.Position);
                    batch = [];
                }
            }
            else if (table is null && TextOf(line, "begin") is { } name)
            {
                table = ReadTable(name, line);
                (tables, records) = (tables + 1, 0);
                yield return new BackupBatch(table, [], stream.Position);
            }
            else if (table is not null && TextOf(line, "end") == table.Name)
            {
                CheckCount(line, "records", records);
                yield return new BackupBatch(table, batch, stream.Position);
                (table, batch) = (null, []);
            }
            else if (table is null && line.TryGetProperty("end", out var end) && end.ValueKind == JsonValueKind.Null)
            {
                CheckCount(line, "tables", tables);
                if (await reader.ReadLineAsync(cancellationToken) is not null)
                {
                    throw Damaged("something comes behind its end");
                }

                yield break;
            }
            else
            {
                throw Damaged(table is null
                    ? "a table should begin or the dump should end"
                    : $"a record of table {table.Name} should come");
            }
        }
    }

    private BackupHeader ReadHeader(JsonElement line)
    {
        if (TextOf(line, "dump") != TextDump.Mark || !line.TryGetProperty("version", out var version) ||
            !version.TryGetInt32(out var number))
        {
            throw Foreign();
        }

        if (number != TextDump.Version)
        {
            throw new BackupException(
                BackupProblem.LaterVersion,
                $"{path} has version {number} of the form of dumps; this program reads version {TextDump.Version}.");
        }

        return line.TryGetProperty("created", out var created) && created.TryGetDateTimeOffset(out var createdAt) &&
            line.TryGetProperty("nodes", out var nodes) && nodes.ValueKind == JsonValueKind.Array
            ? new BackupHeader(createdAt, [.. nodes.EnumerateArray().Select(node => node.GetString() ?? "")])
            : throw Damaged("its first line has no time or no nodes");
    }

    private BackupTableHeader ReadTable(string name, JsonElement line) =>
        Enum.TryParse<PersistentTableType>(TextOf(line, "type"), out var type) &&
        line.TryGetProperty("recordVersion", out var version) && version.TryGetInt32(out var recordVersion)
            ? new BackupTableHeader(
                name,
                TextOf(line, "definition") ?? "",
                type,
                TextOf(line, "recordType") ?? "",
                recordVersion,
                TextOf(line, "keys") ?? "")
            : throw Damaged($"table {name} has no type or no version of its records");

    private async Task<JsonElement> NextAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = await reader.ReadLineAsync(cancellationToken);
        _line++;
        if (text is null)
        {
            throw _line == 1 ? Foreign() : Damaged("it ends here, before it is complete");
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw (_line == 1 ? Foreign() : Damaged("no object"));
        }
        catch (JsonException exception)
        {
            throw _line == 1 ? Foreign() : Damaged(exception.Message);
        }
    }

    private static string? TextOf(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private ReadOnlyMemory<byte> RawOf(JsonElement line, string name) => line.TryGetProperty(name, out var value)
        ? Encoding.UTF8.GetBytes(value.GetRawText())
        : throw Damaged($"a record has no {name}");

    private void CheckCount(JsonElement line, string name, long count)
    {
        if (!line.TryGetProperty(name, out var value) || !value.TryGetInt64(out var expected) || expected != count)
        {
            throw Damaged($"it has {count} {name}, and says otherwise");
        }
    }

    private BackupException Foreign() => new(BackupProblem.Foreign, $"{path} is no dump of MimGrains.");

    private BackupException Damaged(string what) => new(BackupProblem.Damaged, $"{path} is damaged at line {_line}: {what}.");
}
