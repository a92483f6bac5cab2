using System.Text.Json;

namespace MimGrains.ProcessSupport;

/// <summary>
/// Sends requests to a child process and awaits their replies. Any thread; several requests may be under way.
/// </summary>
public sealed class JsonLineClient(SiloProcess process)
{
    private long _lastId;

    /// <summary>Returns the process.</summary>
    public SiloProcess Process => process;

    /// <summary>Completes with what the child says about itself once it can take requests.</summary>
    /// <exception cref="TimeoutException">It did not become ready in time.</exception>
    public Task<TResult> WaitForReadyAsync<TResult>(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        AwaitReplyAsync<TResult>(0, "start", timeout, null, cancellationToken);

    /// <summary>Returns the child's answer to one request.</summary>
    /// <param name="op">The name under which the child has registered the operation.</param>
    /// <param name="with">Parameters, written as JSON.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="progress">Called with each progress report meanwhile.</param>
    /// <param name="cancellationToken">Cancels the wait; the child is not told.</param>
    /// <exception cref="ChildFailedException">The child answered with an error.</exception>
    /// <exception cref="TimeoutException">It did not answer in time.</exception>
    /// <exception cref="InvalidOperationException">The child ended.</exception>
    public async Task<TResult> CallAsync<TResult>(
        string op,
        object with,
        TimeSpan timeout,
        Action<string>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var id = Interlocked.Increment(ref _lastId);
        var request = new ChildRequest(id, op, JsonSerializer.SerializeToElement(with, JsonLines.Options));
        var reply = AwaitReplyAsync<TResult>(id, op, timeout, progress, cancellationToken);
        await process.SendLineAsync(JsonSerializer.Serialize(request, JsonLines.Options), cancellationToken);
        return await reply;
    }

    private async Task<TResult> AwaitReplyAsync<TResult>(
        long id, string op, TimeSpan timeout, Action<string>? progress, CancellationToken cancellationToken)
    {
        var start = $"{{\"id\":{id},";
        // The child may have said that it is ready before anybody asked.
        var from = id == 0 ? 0 : process.Output.NextNumber;
        while (true)
        {
            var line = await process.WaitForLineAsync(
                text => text.StartsWith(start, StringComparison.Ordinal), timeout, from, cancellationToken);
            from = line.Number + 1;
            var reply = JsonSerializer.Deserialize<ChildReply>(line.Text, JsonLines.Options)
                ?? throw new InvalidOperationException($"{process.Name} answered {op} with an empty line.");
            if (reply.Error is not null)
            {
                throw new ChildFailedException(
                    $"{process.Name} could not do {op}: {reply.Error}\n{process.Diagnose()}");
            }

            if (reply.Progress is null)
            {
                return reply.Result.Deserialize<TResult>(JsonLines.Options)!;
            }

            progress?.Invoke(reply.Progress);
        }
    }
}
