using System.Buffers.Text;
using System.Text.Json;

namespace MimGrains.Tables;

/// <summary>Where a watch can go on. Printable, safe in a URL; may be kept, and given to any silo.</summary>
/// <param name="Value">The text.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.watch-token")]
public readonly record struct WatchToken([property: Id(0)] string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>What a <see cref="WatchToken"/> says: whose changes were read how far, and what of each silo was seen for sure, and at most.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.watch-position")]
internal sealed record WatchPositionData(
    [property: Id(0)] string Table,
    [property: Id(1)] string Replica,
    [property: Id(2)] long Next,
    [property: Id(3)] Dictionary<string, long> Seen,
    [property: Id(4)] Dictionary<string, long> Known,
    [property: Id(5)] string[] Gone,
    [property: Id(6)] long Settled)
{
    public WatchToken ToToken() => new(Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this)));

    /// <exception cref="ArgumentException">It is no token, or one of another table.</exception>
    public static WatchPositionData Parse(string table, WatchToken token)
    {
        WatchPositionData? data = null;
        if (token.Value is { } text && Base64Url.IsValid(text))
        {
            try
            {
                data = JsonSerializer.Deserialize<WatchPositionData>(Base64Url.DecodeFromChars(text));
            }
            catch (JsonException)
            {
                // Said below.
            }
        }

        return data is { Table: { } of, Replica: not null, Seen: not null, Known: not null, Gone: not null } && of == table
            ? data
            : throw new ArgumentException($"This is no token of a watch of table {table}: {token.Value}", nameof(token));
    }
}
