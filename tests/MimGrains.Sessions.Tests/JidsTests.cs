using Xunit;

namespace MimGrains.Sessions.Tests;

/// <summary>Addresses of RFC 7622 3.5 (tables 1 and 2), and what PRECIS says about single characters.</summary>
public sealed class JidsTests
{
    [Theory]
    [InlineData("juliet@example.com")]
    [InlineData("juliet@example.com/foo")]
    [InlineData("juliet@example.com/foo bar")]
    [InlineData("juliet@example.com/foo@bar")]
    [InlineData("foo\\20bar@example.com")]
    [InlineData("fussball@example.com")]
    [InlineData("fu\u00DFball@example.com")]
    [InlineData("\u03C0@example.com")]
    [InlineData("\u03C3@example.com/foo")]
    [InlineData("\u03C2@example.com/foo")]
    [InlineData("king@example.com/\u265A")]
    [InlineData("example.com")]
    [InlineData("example.com/foobar")]
    [InlineData("a.example.com/b@example.net")]
    [InlineData("juliet@[::1]/x")]
    [InlineData("juliet@192.0.2.1")]
    [InlineData("juliet@b\u00FCcher.example")]
    public void Addresses_that_are_prepared_stay_as_they_are(string address)
    {
        var jid = Jids.Parse(address);
        Assert.Equal(address, jid.ToString());
        Assert.Equal(jid, Jids.Prepare(jid));
    }

    [Theory]
    [InlineData("\u03A3@example.com/foo", "\u03C3@example.com/foo")]
    [InlineData("Juliet@Example.COM./Foo", "juliet@example.com/Foo")]
    [InlineData("e\u0301@example.com/e\u0301", "\u00E9@example.com/\u00E9")]
    [InlineData("\uFF21\uFF11@example.com/\uFF21", "a1@example.com/\uFF21")]
    [InlineData("\uFF76\uFF9E@example.com", "\u30AC@example.com")]
    [InlineData("a@example.com/b\u2003c", "a@example.com/b c")]
    [InlineData("a@xn--bcher-kva.example", "a@b\u00FCcher.example")]
    [InlineData("a@B\u00DCCHER\u3002example", "a@b\u00FCcher.example")]
    [InlineData("\uD55C@x/\u1112\u1161\u11AB", "\uD55C@x/\uD55C")]
    public void Different_spellings_of_one_address_come_to_one_form(string given, string prepared) =>
        Assert.Equal(prepared, Jids.Parse(given).ToString());

    [Theory]
    [InlineData("\"juliet\"@example.com", "user", "U+0022")]
    [InlineData("foo bar@example.com", "user", "U+0020")]
    [InlineData("henry\u2163@example.com", "user", "U+2173")]
    [InlineData("\u265A@example.com", "user", "U+265A")]
    [InlineData("\uFB01x@example.com", "user", "U+FB01")]
    [InlineData("a\u00ADb@example.com", "user", "U+00AD")]
    [InlineData("a\u200Db@example.com", "user", "U+200D")]
    [InlineData("\u0661\u06F1@example.com", "user", "U+0661")]
    [InlineData("a\uFF20b@example.com", "user", "U+0040")]
    [InlineData("@example.com", "user", "empty")]
    [InlineData("juliet@example.com/", "resource", "empty")]
    [InlineData("juliet@example.com/a\u0000", "resource", "U+0000 at index 1, a control")]
    [InlineData("juliet@example.com/\u2028", "resource", "U+2028")]
    [InlineData("juliet@example.com/\uE000", "resource", "U+E000")]
    [InlineData("juliet@example.com/\u0378", "resource", "U+0378 at index 0, which Unicode does not assign")]
    [InlineData("juliet@", "server", "empty")]
    [InlineData("juliet@a..b", "server", "an empty label")]
    [InlineData("juliet@-a.b", "server", "hyphen")]
    [InlineData("juliet@a_b", "server", "'a_b'")]
    [InlineData("juliet@a b", "server", "U+0020")]
    [InlineData("juliet@\u0301a.b", "server", "mark")]
    [InlineData("juliet@xn--\u00FC", "server", "stands for nothing")]
    public void What_is_no_address_is_refused_by_part_and_character(string address, string part, string problem)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => Jids.Parse(address));
        Assert.Equal(part, error.ParamName);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_virama_may_be_followed_by_a_joiner() =>
        Assert.Equal("\u0915\u094D\u200D", Jids.Parse("\u0915\u094D\u200D@example.com").User);

    [Fact]
    public void Labels_have_63_characters_and_names_1023_bytes()
    {
        Assert.Equal(new string('a', 63), Jids.Parse(new string('a', 63)).Server);
        Assert.Contains("64 characters", Assert.Throws<ArgumentException>(() => Jids.Parse(new string('a', 64))).Message);
        Assert.Contains("has 1024", Assert.Throws<ArgumentException>(() => Jids.Parse(new string('a', 1_024) + "@b")).Message);
    }
}
