using System.Buffers;
using Xunit;

namespace MimGrains.Sessions.Tests;

public sealed class SessionCodecTests
{
    private static readonly SessionKey Key = new("example.com", "alice", "phone", new SessionId(1_700_000_000_000_037, "127.0.0.1:1@9"));
    private readonly SessionCodec _codec = new();

    public static TheoryData<SessionKey> Keys => new()
    {
        Key,
        new("", "", "", new SessionId(0, "")),
        new("b\u00fccher.example", "\u30e6\u30fc\u30b6", "\ud83d\udcf1", new SessionId(long.MaxValue, "[::1]:1@2")),
        new("example.com", new string('u', 1_023), "r", new SessionId(long.MinValue, "s")),
    };

    public static TheoryData<SessionRecord> Records => new()
    {
        new SessionRecord(),
        new SessionRecord { Priority = -128, Address = "2001:db8::1", Port = 65_535, Connection = ConnectionType.WebSocket },
        new SessionRecord { Priority = 127, Info = new Dictionary<string, string>() },
        new SessionRecord { Priority = 0, Info = new Dictionary<string, string> { ["a"] = "", ["\u00e4"] = "\ud83d\ude00" } },
    };

    [Theory, MemberData(nameof(Keys))]
    public void A_key_comes_back_as_it_was(SessionKey key) => Assert.Equal(key, _codec.ReadKey(Write(key)));

    [Theory, MemberData(nameof(Records))]
    public void A_record_comes_back_as_it_was(SessionRecord record)
    {
        var read = _codec.ReadRecord(Write(record));

        Assert.Equal(record with { Info = null }, read with { Info = null });
        Assert.Equal(record.Info?.OrderBy(entry => entry.Key), read.Info?.OrderBy(entry => entry.Key));
    }

    [Fact]
    public void What_is_cut_off_or_too_long_is_refused()
    {
        var key = Write(Key);
        var record = Write(new SessionRecord { Info = new Dictionary<string, string> { ["name"] = "value" } });

        for (var size = 0; size < key.Length; size++)
        {
            Assert.Throws<InvalidDataException>(() => _codec.ReadKey(key.AsSpan(0, size)));
        }

        for (var size = 0; size < record.Length; size++)
        {
            Assert.Throws<InvalidDataException>(() => _codec.ReadRecord(record.AsSpan(0, size)));
        }

        Assert.Throws<InvalidDataException>(() => _codec.ReadKey([.. key, 0]));
        Assert.Throws<InvalidDataException>(() => _codec.ReadRecord([.. record, 0]));
    }

    [Fact]
    public void Random_bytes_throw_nothing_else()
    {
        var random = new Random(7);
        var bytes = new byte[48];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            bytes[0] &= (byte)(i % 2 == 0 ? 3 : 0xFF);
            Read(() => _codec.ReadKey(bytes));
            Read(() => _codec.ReadRecord(bytes));
        }
    }

    [Fact]
    public void It_takes_few_bytes()
    {
        Assert.Equal(11 + 5 + 5 + 13 + 4 + 8, Write(Key).Length);
        Assert.Equal(5, Write(new SessionRecord { Priority = 5 }).Length);
    }

    private static void Read<T>(Func<T> read)
    {
        try
        {
            read();
        }
        catch (InvalidDataException)
        {
            // What random bytes mostly are.
        }
    }

    private byte[] Write(SessionKey key)
    {
        var output = new ArrayBufferWriter<byte>();
        _codec.WriteKey(key, output);
        return output.WrittenSpan.ToArray();
    }

    private byte[] Write(SessionRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        _codec.WriteRecord(record, output);
        return output.WrittenSpan.ToArray();
    }
}
