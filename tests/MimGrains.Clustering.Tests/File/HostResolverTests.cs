using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Clustering.NodeList;

namespace MimGrains.Clustering.Tests;

public sealed class HostResolverTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HostResolver _hosts;
    private string? _answer = "10.0.0.1";
    private int _lookups;

    public HostResolverTests() => _hosts = new HostResolver(_time, (_, _) =>
    {
        _lookups++;
        return _answer is null
            ? Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain))
            : Task.FromResult<IPAddress[]>([IPAddress.Parse(_answer)]);
    });

    [Theory]
    [InlineData("10.0.0.9")]
    [InlineData("fe80::1")]
    public async Task An_address_is_not_looked_up(string address)
    {
        Assert.Equal([IPAddress.Parse(address)], await _hosts.ResolveAsync(address, default));
        Assert.Equal(0, _lookups);
    }

    [Fact]
    public async Task A_name_is_asked_for_again_when_its_answer_is_old_or_doubted()
    {
        Assert.Equal("10.0.0.1", await ResolveAsync());
        _answer = "10.0.0.2";
        Assert.Equal("10.0.0.1", await ResolveAsync());

        _time.Advance(HostResolver.Lifetime);
        Assert.Equal("10.0.0.2", await ResolveAsync());
        _answer = "10.0.0.3";
        _hosts.Doubt("mim1");
        Assert.Equal("10.0.0.3", await ResolveAsync());
        Assert.Equal(3, _lookups);
    }

    [Fact]
    public async Task A_name_server_that_is_away_leaves_the_old_answer()
    {
        await ResolveAsync();
        _answer = null;
        _time.Advance(HostResolver.Lifetime);

        Assert.Equal("10.0.0.1", await ResolveAsync());
        await Assert.ThrowsAsync<SocketException>(async () => await _hosts.ResolveAsync("never-seen", default));
    }

    private async Task<string> ResolveAsync() => (await _hosts.ResolveAsync("mim1", default)).Single().ToString();
}
