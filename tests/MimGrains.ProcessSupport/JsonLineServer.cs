using System.Text.Json;
using System.Text.Json.Nodes;

namespace MimGrains.ProcessSupport;

/// <summary>An operation of a child process.</summary>
/// <param name="with">Parameters.</param>
/// <param name="progress">Tells the parent how far it is.</param>
/// <param name="cancellationToken">Cancelled when standard input closes.</param>
/// <returns>The result, written as JSON.</returns>
public delegate Task<object?> ChildOperation(
    JsonElement with, Action<string> progress, CancellationToken cancellationToken);

/// <summary>
/// The child's side: serves requests from standard input until it closes. Operations run side by side.
/// </summary>
public sealed class JsonLineServer
{
    private readonly TextWriter _output;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ChildOperation> _operations = [];

    /// <summary>
    /// Takes standard output for replies; what anybody else prints goes to standard error from now on.
    /// </summary>
    public JsonLineServer()
    {
        _output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        Console.SetOut(Console.Error);
    }

    /// <summary>Adds an operation.</summary>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    public void Add(string name, ChildOperation operation) => _operations.Add(name, operation);

    /// <summary>
    /// Tells the parent that this process is ready, with <paramref name="self"/> as what it says about itself.
    /// </summary>
    public void SayReady(
        object self) => Reply(new ChildReply(0, JsonSerializer.SerializeToNode(self, JsonLines.Options)));

    /// <summary>Tells the parent that this process cannot start.</summary>
    public void SayFailed(Exception error) => Reply(new ChildReply(0, Error: $"{error}"));

    /// <summary>Returns when standard input has closed.</summary>
    public async Task RunAsync()
    {
        using var closed = new CancellationTokenSource();
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync() is { } line)
        {
            var request = JsonSerializer.Deserialize<ChildRequest>(line, JsonLines.Options)
                ?? throw new InvalidOperationException($"Not a request: {line}");
            _ = Task.Run(() => ServeAsync(request, closed.Token));
        }

        await closed.CancelAsync();
    }

    private async Task ServeAsync(ChildRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var operation = _operations.GetValueOrDefault(request.Op)
                ?? throw new ArgumentException($"There is no operation {request.Op}.");
            var result = await operation(
                request.With, text => Reply(new ChildReply(request.Id, Progress: text)), cancellationToken);
            var node = JsonSerializer.SerializeToNode(result, JsonLines.Options) ?? new JsonObject();
            Reply(new ChildReply(request.Id, node));
        }
#pragma warning disable CA1031 // Whatever went wrong: the parent is told, decides, and ends this process.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Reply(new ChildReply(request.Id, Error: $"{error}"));
        }
    }

    private void Reply(ChildReply reply)
    {
        var line = JsonSerializer.Serialize(reply, JsonLines.Options);
        lock (_lock)
        {
            _output.WriteLine(line);
        }
    }
}
