namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>Puts what was appended in several rows together, as they are read in their order.</summary>
/// <remarks>A writer that did not come to the last part leaves parts that nothing follows: they do not count.</remarks>
internal sealed class RowParts
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <summary>Returns what was appended, if this row is the end of it.</summary>
    /// <exception cref="InvalidDataException">It goes on with what has not begun.</exception>
    public ReadOnlyMemory<byte>? Take(LogRowContent row)
    {
        if (row.Part is not (LogRowPart.Middle or LogRowPart.Last))
        {
            _parts.Clear();
        }

        switch (row.Part)
        {
            case LogRowPart.Mark:
                return null;
            case LogRowPart.Whole:
                return row.Content;
            case LogRowPart.Middle or LogRowPart.Last when _parts.Count == 0:
                throw new InvalidDataException($"log row {row.Number} goes on with a row that is not there");
            default:
                _parts.Add(row.Content);
                break;
        }

        return row.Part == LogRowPart.Last ? (ReadOnlyMemory<byte>?)Joined() : null;
    }

    private ReadOnlyMemory<byte> Joined()
    {
        var whole = new byte[_parts.Sum(part => part.Length)];
        var length = 0;
        foreach (var part in _parts)
        {
            part.CopyTo(whole.AsMemory(length));
            length += part.Length;
        }

        _parts.Clear();
        return whole;
    }
}
