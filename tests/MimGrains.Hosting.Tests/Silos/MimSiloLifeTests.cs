using System.Net;
using System.Text.Json;
using MimGrains.ProcessSupport;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>A whole life of <c>mim-silo</c>: start, ready, health, SIGTERM.</summary>
[Collection(SiloTestGroup.Name)]
public sealed class MimSiloLifeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly int _healthPort = FreePorts.Take(1)[0];
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _folder.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task A_silo_says_when_it_is_ready_and_ends_with_0_on_sigterm()
    {
        await using var silo = Start(Configurations.Sqlite(_folder));
        var ready = await silo.WaitForLineAsync(IsReady, MimSilo.Patience);
        Assert.Matches(
            @"^mim-silo ready: node mim1@localhost, silo 127\.0\.0\.1:[1-9]\d*, gateway 127\.0\.0\.1:[1-9]\d*, " +
            "cluster mongooseim, node number 1$",
            ready.Text);
        silo.Terminate();
        Assert.Equal(0, await silo.Exited.WaitAsync(MimSilo.Patience));
    }

    [Fact]
    public async Task Logs_are_json_when_asked_for()
    {
        await using var silo = Start(Configurations.Sqlite(_folder), "--log-format", "json");
        var logs = new List<string>();
        await silo.WaitForLineAsync(
            line =>
            {
                logs.Add(line);
                return IsReady(line);
            },
            MimSilo.Patience);
        logs.RemoveAt(logs.Count - 1);
        Assert.NotEmpty(logs);
        Assert.All(logs, line => Assert.True(JsonElement.Parse(line).TryGetProperty("EventId", out _), line));
    }

    [Fact]
    public async Task Health_is_healthy_once_the_silo_is_ready()
    {
        await using var silo = Start(Configurations.Sqlite(_folder, $"health_port = {_healthPort}"));
        await silo.WaitForLineAsync(IsReady, MimSilo.Patience);
        var (status, report) = await GetHealthAsync();
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("Healthy", report.GetProperty("status").GetString());
        Assert.Equal("Healthy", report.GetProperty("checks").GetProperty("discovery").GetProperty("status").GetString());
        Assert.StartsWith(
            "Ready: ", report.GetProperty("checks").GetProperty("state").GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync(Url("/health/live"))).StatusCode);
    }

    [Fact]
    public async Task A_silo_that_waits_for_its_database_says_so_and_can_be_stopped()
    {
        var databasePort = FreePorts.Take(1)[0];
        await using var silo = Start($"""
            [node]
            silo_port = 0
            gateway_port = 0
            health_port = {_healthPort}
            {Configurations.AllInCets}
            [outgoing_pools.rdbms.default.connection]
            driver = "pgsql"
            host = "127.0.0.1"
            port = {databasePort}
            database = "mim"
            username = "mongoose"
            """);
        await silo.WaitForLineAsync(
            line => line.Contains($"Waiting for PostgreSQL 127.0.0.1:{databasePort}", StringComparison.Ordinal), MimSilo.Patience);

        // The endpoint starts beside the silo: it need not listen yet.
        await silo.WaitForLineAsync(line => line.Contains("next try", StringComparison.Ordinal), MimSilo.Patience, from: 2);
        var (status, report) = await GetHealthAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        var discovery = report.GetProperty("checks").GetProperty("discovery");
        Assert.Equal("Degraded", discovery.GetProperty("status").GetString());
        Assert.Contains($"127.0.0.1:{databasePort}", discovery.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync(Url("/health/live"))).StatusCode);

        silo.Terminate();
        Assert.Equal(0, await silo.Exited.WaitAsync(MimSilo.Patience));
    }

    private static bool IsReady(string line) => line.StartsWith("mim-silo ready:", StringComparison.Ordinal);

    private SiloProcess Start(string toml, params string[] more)
    {
        File.WriteAllText(_folder.File("mim.toml"), toml);
        return MimSilo.Start(null, ["--config", _folder.File("mim.toml"), .. more]);
    }

    private Uri Url(string path) => new($"http://127.0.0.1:{_healthPort}{path}");

    private async Task<(HttpStatusCode Status, JsonElement Report)> GetHealthAsync()
    {
        using var response = await _http.GetAsync(Url("/health"));
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }
}
