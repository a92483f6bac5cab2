using System.Text;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Storage;

/// <summary>What the row of a table says.</summary>
/// <param name="Cookie">Under which its fragments are stored.</param>
/// <param name="Form">What must be the same for them to be read as they were written; one line.</param>
internal sealed record TableRowContent(string Cookie, string Form)
{
    private const string StorageMark = "storage ";
    private const string ChangeMark = "change ";
    private const string ObsoleteMark = "obsolete ";

    /// <summary>Where the records are, since that was changed while the cluster ran; null: where the definition says.</summary>
    public StorageType? Storage { get; init; }

    /// <summary>The change that has said so; empty for none.</summary>
    public string Change { get; init; } = "";

    /// <summary>Cookies under which there may be fragments that count no more, or do not count yet.</summary>
    public IReadOnlyList<string> Obsolete { get; init; } = [];

    public byte[] Write()
    {
        List<string> lines = [Cookie, Form];
        if (Storage is { } storage)
        {
            lines.Add($"{StorageMark}{storage}");
        }

        if (Change.Length > 0)
        {
            lines.Add($"{ChangeMark}{Change}");
        }

        lines.AddRange(Obsolete.Select(cookie => $"{ObsoleteMark}{cookie}"));
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public static TableRowContent Read(ReadOnlySpan<byte> bytes)
    {
        if (Encoding.UTF8.GetString(bytes).Split('\n') is not [var cookie, var form, .. var rest])
        {
            throw new InvalidDataException("it has not two lines");
        }

        var content = new TableRowContent(cookie, form);
        foreach (var line in rest)
        {
            content = line switch
            {
                _ when line.StartsWith(StorageMark, StringComparison.Ordinal)
                    && Enum.TryParse<StorageType>(line[StorageMark.Length..], out var storage) && Enum.IsDefined(storage) =>
                    content with { Storage = storage },
                _ when line.StartsWith(ChangeMark, StringComparison.Ordinal) => content with { Change = line[ChangeMark.Length..] },
                _ when line.StartsWith(ObsoleteMark, StringComparison.Ordinal) =>
                    content with { Obsolete = [.. content.Obsolete, line[ObsoleteMark.Length..]] },
                _ => throw new InvalidDataException($"it says '{line}', which this program does not know"),
            };
        }

        return content;
    }
}

/// <summary>The row of a table as it is stored.</summary>
/// <param name="Content">What it says.</param>
/// <param name="Version">How often it was written.</param>
internal readonly record struct StoredTable(TableRowContent Content, int Version);
