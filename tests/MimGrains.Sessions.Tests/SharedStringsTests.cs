using System.Text;
using Xunit;

namespace MimGrains.Sessions.Tests;

public sealed class SharedStringsTests
{
    [Fact]
    public void Equal_strings_become_one()
    {
        var first = SharedStrings.Of(Copy("example.com"));

        Assert.Same(first, SharedStrings.Of(Copy("example.com")));
        Assert.Equal("example.org", SharedStrings.Of(Copy("example.org")));
    }

    [Theory, InlineData(""), InlineData("a"), InlineData("ab")]
    public void Short_strings_stay_equal(string text) => Assert.Equal(text, SharedStrings.Of(Copy(text)));

    [Theory, InlineData(""), InlineData("a"), InlineData("example.com"), InlineData("b\u00fccher.example"), InlineData("\u4f8b\u3048.jp")]
    public void Bytes_become_the_string_that_is_kept(string text)
    {
        var kept = SharedStrings.Of(Copy(text));

        Assert.Equal(text, SharedStrings.Of(Encoding.UTF8.GetBytes(text)));
        Assert.Same(kept, SharedStrings.Of(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void However_many_strings_there_are_each_stays_equal()
    {
        for (var i = 0; i < 100_000; i++)
        {
            Assert.Equal($"host-{i}.example.com", SharedStrings.Of($"host-{i}.example.com"));
        }
    }

    [Fact]
    public void Kept_keys_share_server_and_silo()
    {
        var share = SessionTable.Definition.ShareKey!;
        var one = share(new SessionKey(Copy("example.net"), "a", "r", new SessionId(1, Copy("127.0.0.1:1@1"))));
        var two = share(new SessionKey(Copy("example.net"), "b", "r", new SessionId(2, Copy("127.0.0.1:1@1"))));

        Assert.Same(one.Server, two.Server);
        Assert.Same(one.Id.Silo, two.Id.Silo);
        Assert.Equal(new SessionKey("example.net", "a", "r", new SessionId(1, "127.0.0.1:1@1")), one);
    }

    private static string Copy(string text) => new(text.AsSpan());
}
