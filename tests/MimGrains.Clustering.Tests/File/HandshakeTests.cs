using MimGrains.Clustering.NodeList;

namespace MimGrains.Clustering.Tests;

public sealed class HandshakeTests
{
    private const string Secret = "a secret of some length";
    private const int Iterations = 10;

    private static readonly byte[] CalleeNonce = [.. Enumerable.Range(100, Handshake.NonceBytes).Select(i => (byte)i)];
    private static readonly Hello Original = new(
        Hello.CurrentVersion, "blue", "a@h1", "b@h2", [.. Enumerable.Range(0, Handshake.NonceBytes).Select(i => (byte)i)]);

    public static TheoryData<string> Differences => ["secret", "cluster", "caller", "callee", "nonce", "nonce of the callee", "version", "other direction"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 300)];

    [Fact]
    public void Both_sides_compute_the_same_proofs_and_keys()
    {
        var caller = Make(Original);
        var callee = Make(Read(Original));

        Assert.Equal(caller.CallerProof, callee.CallerProof);
        Assert.Equal(caller.CalleeProof(), callee.CalleeProof());
        Assert.Equal(caller.Keys().TagRequest(1, [1, 2]), callee.Keys().TagRequest(1, [1, 2]));
        Assert.Equal(caller.Keys().TagReply(1, [1, 2]), callee.Keys().TagReply(1, [1, 2]));
    }

    [Theory, MemberData(nameof(Differences))]
    public void A_proof_is_of_no_use_where_anything_differs(string difference)
    {
        var nonce = (byte[])CalleeNonce.Clone();
        nonce[7] ^= (byte)(difference == "nonce of the callee" ? 1 : 0);
        var hello = difference switch
        {
            "cluster" => Original with { Cluster = "green" },
            "caller" => Original with { Caller = "c@h3" },
            "callee" => Original with { Callee = "c@h3" },
            "nonce" => Original with { Nonce = CalleeNonce },
            "version" => Original with { Version = 2 },
            "other direction" => Original with { Caller = "b@h2", Callee = "a@h1" },
            _ => Original,
        };
        var other = new Handshake(new SharedSecret(difference == "secret" ? Secret + "." : Secret, hello.Cluster, Iterations), hello, nonce);
        var expected = Make(Original);

        Assert.False(Handshake.Matches(expected.CallerProof, other.CallerProof));
        Assert.False(Handshake.Matches(expected.CalleeProof(), other.CalleeProof()));
        Assert.NotEqual(expected.Keys().TagRequest(1, []), other.Keys().TagRequest(1, []));
    }

    [Fact]
    public void The_two_proofs_and_the_tags_of_both_directions_differ()
    {
        var handshake = Make(Original);
        var keys = handshake.Keys();

        byte[][] all = [handshake.CallerProof, handshake.CalleeProof(), keys.TagRequest(1, []), keys.TagReply(1, []), keys.TagRequest(2, [])];
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void A_short_secret_is_refused_without_being_shown()
    {
        var error = Assert.Throws<ArgumentException>(() => new SharedSecret("fifteen letters", "blue"));

        Assert.Contains("has 15 characters; allowed: at least 16", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fifteen", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_number_passes_once()
    {
        var window = new ReplayWindow();

        Assert.False(window.Pass(0));
        Assert.True(window.Pass(1));
        Assert.True(window.Pass(3));
        Assert.True(window.Pass(2));
        Assert.False(window.Pass(1));
        Assert.False(window.Pass(2));
        Assert.False(window.Pass(3));
    }

    [Fact]
    public void A_number_too_far_behind_does_not_pass()
    {
        var window = new ReplayWindow();

        Assert.True(window.Pass(5_000));
        Assert.True(window.Pass(5_000 - ReplayWindow.WindowSize + 1));
        Assert.False(window.Pass(5_000 - ReplayWindow.WindowSize));
        Assert.True(window.Pass(ulong.MaxValue));
        Assert.False(window.Pass(5_001));
        Assert.True(window.Pass(ulong.MaxValue - 1));
        Assert.False(window.Pass(ulong.MaxValue));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void No_number_passes_twice_in_any_order(int seed)
    {
        var random = new Random(seed);
        var window = new ReplayWindow();
        var passed = new HashSet<ulong>();
        ulong highest = 0;
        for (var i = 0; i < 3_000; i++)
        {
            var number = (ulong)Math.Max(1, (long)highest + random.Next(-1_500, random.Next(2, 1_500)));
            var isNew = !passed.Contains(number) && (number > highest || highest - number < ReplayWindow.WindowSize);
            Assert.Equal(isNew, window.Pass(number));
            passed.Add(number);
            highest = Math.Max(highest, number);
        }
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Any_bytes_are_a_hello_or_a_malformed_message(int seed)
    {
        var random = new Random(seed);
        var writer = new WireWriter();
        Original.Write(writer);
        var bytes = writer.ToArray();
        for (var changes = random.Next(0, 6); changes > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        bytes = [.. bytes.Take(random.Next(2) == 0 ? bytes.Length : random.Next(bytes.Length)), .. new byte[random.Next(3) == 0 ? random.Next(70_000) : 0]];
        try
        {
            var hello = Hello.Read(bytes);
            Assert.InRange(hello.Cluster.Length + hello.Caller.Length + hello.Callee.Length, 0, bytes.Length);
        }
        catch (MalformedMessageException exception)
        {
            Assert.NotEmpty(exception.Message);
        }
    }

    private static Handshake Make(Hello hello) => new(new SharedSecret(Secret, hello.Cluster, Iterations), hello, CalleeNonce);

    private static Hello Read(Hello hello)
    {
        var writer = new WireWriter();
        hello.Write(writer);
        return Hello.Read(writer.ToArray());
    }
}
