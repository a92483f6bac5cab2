using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;

namespace MimGrains.Core.Tests;

public sealed class LogRowCodecTests
{
    private static readonly FragmentId Fragment = new("accounts", 3);
    private static readonly TransactionId Id = new(new ReplicaId("10.0.0.1:11111@5"), 77);
    private static readonly FragmentId[] Participants = [new("accounts", 4), new("log", 0)];

    private static readonly FragmentWrite[] Writes =
    [
        new(WriteKind.Put, new byte[] { 1 }, new byte[] { 2, 3 }),
        new(WriteKind.Delete, new byte[] { 4 }, default),
        new(WriteKind.DeleteObject, new byte[] { 5 }, new byte[300]),
        new(WriteKind.Clear, default, default),
    ];

    private static readonly LogEntry[] Entries =
    [
        LogEntry.Opened(9),
        LogEntry.Committed(Id, Participants, Writes),
        LogEntry.Prepared(Id with { Number = 78 }, Participants[1], Writes),
        LogEntry.Applied(Id with { Number = 78 }),
        LogEntry.Dropped(Id with { Number = 79 }),
        LogEntry.Dirty(Writes),
        LogEntry.Outcome(Id, Participants),
        LogEntry.Closed(Id.Coordinator, 50),
    ];

    [Fact]
    public void What_is_decoded_is_what_was_encoded()
    {
        var decoded = LogRowCodec.Decode(Fragment, 12, LogRowCodec.Encode(Fragment, 12, Entries));

        Assert.Equal(Entries.Select(Describe), decoded.Select(Describe));
    }

    [Fact]
    public void Every_damaged_byte_is_noticed()
    {
        var row = LogRowCodec.Encode(Fragment, 12, Entries);
        for (var index = 0; index < row.Length; index++)
        {
            var damaged = row.ToArray();
            damaged[index] ^= 0x10;
            Assert.Throws<InvalidDataException>(() => LogRowCodec.Decode(Fragment, 12, damaged));
            Assert.Throws<InvalidDataException>(() => LogRowCodec.Decode(Fragment, 12, row.AsMemory(0, index)));
        }
    }

    [Fact]
    public void A_row_in_the_place_of_another_one_is_noticed_and_named()
    {
        var row = LogRowCodec.Encode(Fragment, 12, Entries);

        var error = Assert.Throws<InvalidDataException>(() => LogRowCodec.Decode(Fragment, 13, row));
        Assert.Equal("Log row 13 of fragment accounts/3 is row 12.", error.Message);
        Assert.Throws<InvalidDataException>(() => LogRowCodec.Decode(Fragment with { Index = 4 }, 12, row));
    }

    private static string Describe(LogEntry entry) =>
        $"{entry.Kind} {entry.Id} {entry.Number} {entry.Decider} [{string.Join(' ', entry.Participants)}] " +
        string.Join(' ', entry.Writes.Select(write =>
            $"{write.Kind}:{Convert.ToHexString(write.Key.Span)}={Convert.ToHexString(write.Record.Span)}"));
}
