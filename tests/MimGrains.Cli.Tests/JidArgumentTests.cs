using MimGrains.Cli.Commands;

namespace MimGrains.Cli.Tests;

public class JidArgumentTests
{
    [Theory]
    [InlineData("a@b", "a", "b", null)]
    [InlineData("a@b/c", "a", "b", "c")]
    [InlineData("a@b/c/d@e", "a", "b", "c/d@e")]
    public void Parts_are_found(string text, string user, string server, string? resource) =>
        Assert.Equal(new JidArgument(user, server, resource), JidArgument.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("@b")]
    [InlineData("a@")]
    [InlineData("a@/c")]
    [InlineData("a@b/")]
    public void A_missing_part_is_refused(string text) => Assert.Throws<FormatException>(() => JidArgument.Parse(text));
}
