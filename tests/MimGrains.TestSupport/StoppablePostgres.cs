namespace MimGrains.TestSupport;

/// <summary>A PostgreSQL server of its own for tests that take it away and bring it back.</summary>
public sealed class StoppablePostgres : PostgresServer
{
    private LocalPostgres _server = null!;
    private bool _isRunning;

    /// <summary>Stops it as a crash would, with whatever it is doing; what it has committed is kept.</summary>
    public async Task StopAtOnceAsync()
    {
        await _server.StopAtOnceAsync();
        _isRunning = false;
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task StartAgainAsync()
    {
        await _server.StartAgainAsync();
        _isRunning = true;
    }

    /// <summary>Stops it for good. Its folder goes with this process.</summary>
    public override Task DisposeAsync() => _isRunning ? StopAtOnceAsync() : Task.CompletedTask;

    private protected override async Task<string> ConnectAsync()
    {
        _server = await LocalPostgres.StartAsync();
        _isRunning = true;
        return _server.ConnectionString;
    }
}
