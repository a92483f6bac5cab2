using System.Buffers;
using MimGrains.Mnesia.Tables.Keys;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tests.Tables;

public enum Level : short
{
    Low = -1,
    Middle = 0,
    High = 1,
}

public sealed record User(string Server, string? Name);

public readonly record struct Place(int X, int Y);

public sealed record Deep(User User, Place Place, Level? Level);

public sealed record Hidden(string Name)
{
    public int Age { get; init; }
}

public class KeyCodecTests
{
    [Fact]
    public void What_is_written_is_read_and_compares_as_the_keys_do()
    {
        Check(false, true);
        Check(byte.MinValue, (byte)7, byte.MaxValue);
        Check(sbyte.MinValue, (sbyte)-1, (sbyte)0, sbyte.MaxValue);
        Check(short.MinValue, (short)-1, (short)0, short.MaxValue);
        Check(ushort.MinValue, ushort.MaxValue);
        Check('\0', 'a', '\uFFFF');
        Check(int.MinValue, -256, -1, 0, 1, 255, 256, int.MaxValue);
        Check(uint.MinValue, 1U << 31, uint.MaxValue);
        Check(long.MinValue, -1L, 0L, 1L << 40, long.MaxValue);
        Check(0UL, 1UL << 63, ulong.MaxValue);
        Check(TimeSpan.MinValue, TimeSpan.FromSeconds(-1), TimeSpan.Zero, TimeSpan.MaxValue);
        Check(TimeOnly.MinValue, TimeOnly.MaxValue);
        Check(DateOnly.MinValue, new DateOnly(2024, 2, 29), DateOnly.MaxValue);
        Check(DateTime.MinValue, DateTime.UnixEpoch, DateTime.MaxValue);
        Check(DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        Check(Level.Low, Level.Middle, Level.High);
        Check("", "\0", "a", "a\0", "a\u0001", "a\u0002", "aa", "b", "ä", "日本", "😀");
        Check(Guid.Empty, new Guid("00000000-0000-0000-0000-000000000001"), new Guid("ffffffff-0000-0000-0000-000000000000"));
        Check(("", ""), ("", "a"), ("a", ""), ("a", "\0"), ("a", "b"), ("a\0", ""), ("a\u0001", ""), ("ab", ""));
        Check((1, "b"), (2, "a"));
        Check(new Place(-1, 5), new Place(0, -1), new Place(0, 0));
        Check(new User("a", null), new User("a", ""), new User("a", "x"), new User("b", null));
        Check(
            new Deep(new("a", "x"), new(1, 2), null),
            new Deep(new("a", "x"), new(1, 2), Level.Low),
            new Deep(new("a", "x"), new(1, 2), Level.High),
            new Deep(new("a", "x"), new(1, 3), null));
    }

    [Fact]
    public void Equal_keys_have_equal_bytes_even_where_they_look_different()
    {
        var noon = new DateTimeOffset(2024, 1, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(Write(noon), Write(noon.ToOffset(TimeSpan.FromHours(3))));
        Assert.Equal(Write(new DateTime(5, DateTimeKind.Utc)), Write(new DateTime(5, DateTimeKind.Local)));

        var name = new string('a', 3);
        Assert.Equal(Write(new User(name, name)), Write(new User("aaa", new string('a', 3))));
    }

    [Theory]
    [InlineData(typeof(Hidden))]
    [InlineData(typeof(double))]
    [InlineData(typeof(byte[]))]
    [InlineData(typeof(IComparable))]
    public void A_type_of_which_not_all_would_be_written_is_refused(Type type)
    {
        var codec = typeof(KeyCodecTests).GetMethod(nameof(CodecOf), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!;
        var refusal = Assert.Throws<System.Reflection.TargetInvocationException>(() => codec.MakeGenericMethod(type).Invoke(null, null));
        Assert.Contains(type.FullName!, Assert.IsType<TableDefinitionException>(refusal.InnerException).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Neighbours_share_the_texts_that_they_have_in_common()
    {
        var codec = CodecOf<(User User, string Room)>();
        var keys = new[]
        {
            (User: new User("server", "anna"), Room: "hall"), (new("server", "anna"), "hal\u0001"), (new("server", null), "hall"),
            (new("server", "anna"), "anna"), (new("anna", "server"), "anna"), (new(new string('s', 500), "anna"), "anna"),
            (new(new string('s', 500), ""), ""), (new("", ""), ""),
        };
        var read = Array.ConvertAll(keys, key => codec.Read(Write(key)));
        Assert.Equal(keys, read);
        Assert.Same(read[0].User.Server, read[1].User.Server);
        Assert.Same(read[0].User.Name, read[1].User.Name);
        Assert.Same(read[3].Room, read[4].Room);
    }

    [Fact]
    public void A_text_that_would_become_another_one_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Write("a\uD800"));
        Assert.Throws<ArgumentException>(() => Write(("a\uD800", 1)));
    }

    [Fact]
    public void Bytes_that_are_no_key_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => CodecOf<int>().Read([1, 2, 3]));
        Assert.Throws<InvalidDataException>(() => CodecOf<int>().Read([1, 2, 3, 4, 5]));
        Assert.Throws<InvalidDataException>(() => CodecOf<(string, int)>().Read([1, 65]));
        Assert.Throws<InvalidDataException>(() => CodecOf<(string, int)>().Read([65, 65, 0, 0, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => CodecOf<(string, int)>().Read([1, 1, 7, 0, 0, 0, 0, 0]));
        Assert.Throws<InvalidDataException>(() => CodecOf<string>().Read([0xFF]));
    }

    [Fact]
    public void The_form_stays_what_it_is()
    {
        // Databases hold such bytes.
        Assert.Equal("616200", Convert.ToHexString(Write("ab\0")));
        Assert.Equal("80000001", Convert.ToHexString(Write(1)));
        Assert.Equal("01016101010001610080000000000000FF", Convert.ToHexString(Write((new User("a\0", "a"), 255L))));
    }

    private static void Check<TKey>(params TKey[] ascending)
        where TKey : notnull
    {
        var written = Array.ConvertAll(ascending, Write);
        for (var at = 0; at < ascending.Length; at++)
        {
            Assert.Equal(ascending[at], CodecOf<TKey>().Read(written[at]));
            if (at > 0)
            {
                Assert.True(written[at - 1].AsSpan().SequenceCompareTo(written[at]) < 0, $"{ascending[at - 1]} is not before {ascending[at]}.");
            }
        }
    }

    private static byte[] Write<TKey>(TKey key)
        where TKey : notnull
    {
        var output = new ArrayBufferWriter<byte>();
        CodecOf<TKey>().Write(key, output);
        return output.WrittenSpan.ToArray();
    }

    private static IKeyCodec<TKey> CodecOf<TKey>()
        where TKey : notnull => KeyCodecs.Of(new PersistentTableDefinition<TKey, Counter>("t") { Order = Comparer<TKey>.Create((_, _) => 0) });
}
