using System.Diagnostics;
using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;

namespace MimGrains.Cets.Membership;

// dump? -> header -> chunk? -> chunk ... -> last chunk: ready. Whatever goes wrong, the plan asks the next one.
internal sealed partial class TableJoiner
{
    private async Task TakeDumpAsync(ReplicaId source, CancellationToken cancellationToken)
    {
        try
        {
            if (await MergeDumpAsync(source, cancellationToken))
            {
                table.Locked(_ => table.JoinPlan.OnReady());
                return;
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogJoinRetried(_logger, table.Name, source.Value, exception.Message);
        }

        await Task.Delay(LookAgainPeriod, cancellationToken);
        table.Locked(_ => table.JoinPlan.OnDumpFailed(source));
    }

    /// <summary>Returns whether all of a dump was merged; not if the source could not give it (any more).</summary>
    private async Task<bool> MergeDumpAsync(ReplicaId source, CancellationToken cancellationToken)
    {
        var service = services.Of(source);
        var required = table.Locked(replica => replica.RequestDump()).ToDictionary(need => need.Key.Value, need => need.Value);
        var request = new WireDumpRequest(table.Name, table.Replica.Self.Value, required);
        var header = await service.BeginDump(request).WaitAsync(AnswerTimeout, cancellationToken);
        if (header is null)
        {
            return false;
        }

        table.OnDumpHeader(header.ToHeader());
        var merged = 0L;
        var sinceProgress = Stopwatch.GetTimestamp();
        var next = service.NextDumpChunk(header.DumpId);
        while (await next.WaitAsync(AnswerTimeout, cancellationToken) is { } chunk)
        {
            if (!chunk.IsLast)
            {
                // The next one is made and sent while this one is merged; never more than one.
                next = service.NextDumpChunk(header.DumpId);
            }

            table.OnDumpChunk(chunk.ToChunk());
            merged += chunk.Count;
            if (chunk.IsLast)
            {
                return true;
            }

            if (Stopwatch.GetElapsedTime(sinceProgress) > ProgressPeriod)
            {
                sinceProgress = Stopwatch.GetTimestamp();
                LogDumpProgress(_logger, table.Name, merged, header.TotalCount, source.Value);
            }
        }

        return false;
    }
}
