using System.Runtime;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>Records <c>From</c> to <c>To</c> - 1 under one server name.</summary>
internal sealed record LoadParameters(string Server, long From, long To, int Batch);

/// <summary>Writes a range of records in batches, one after the other.</summary>
internal sealed class LoadOperation() : SiloOperation<LoadParameters, long>(OperationName)
{
    public const string OperationName = "load";
    private const long ProgressStep = 100_000;

    protected override async Task<long> RunAsync(
        SiloContext silo, LoadParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var toTell = with.From + ProgressStep;
        for (var from = with.From; from < with.To; from += with.Batch)
        {
            var entries = new TableEntry<SessionKey, SessionRecord>[Math.Min(with.Batch, with.To - from)];
            for (var k = 0; k < entries.Length; k++)
            {
                entries[k] = SessionData.Entry(from + k, with.Server, silo.Address);
            }

            await silo.Sessions.InsertManyAsync(entries, cancellationToken);
            if (from + entries.Length >= toTell)
            {
                progress($"{from + entries.Length - with.From:N0} of {with.To - with.From:N0} records");
                toTell += ProgressStep;
            }
        }

        return with.To - with.From;
    }
}

/// <summary>All records of one server name.</summary>
internal sealed record ServerParameters(string Server);

/// <summary>Deletes all records of one server name, wherever they were written.</summary>
internal sealed class ClearOperation() : SiloOperation<ServerParameters, long>(OperationName)
{
    public const string OperationName = "clear";
    private const int Batch = 1_000;

    protected override async Task<long> RunAsync(
        SiloContext silo, ServerParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var deleted = 0L;
        SessionKey? last = null;
        while (silo.Sessions.PageOf(new ServerPrefix(with.Server), last, Batch) is { Count: > 0 } page)
        {
            await silo.Sessions.DeleteManyAsync([.. page.Select(entry => entry.Key)], cancellationToken);
            deleted += page.Count;
            last = page[^1].Key;
        }

        return deleted;
    }
}

/// <summary>No parameters.</summary>
internal sealed record Nothing;

/// <summary>Returns how many records this silo's replica holds.</summary>
internal sealed class CountOperation() : SiloOperation<Nothing, long>(OperationName)
{
    public const string OperationName = "count";

    protected override Task<long> RunAsync(
        SiloContext silo, Nothing with, Action<string> progress, CancellationToken cancellationToken) =>
        Task.FromResult(silo.Sessions.Count);
}

/// <summary>Returns which silo leads the table; makes one lead if none does.</summary>
internal sealed class LeaderOperation() : SiloOperation<Nothing, string>(OperationName)
{
    public const string OperationName = "leader";

    protected override async Task<string> RunAsync(
        SiloContext silo, Nothing with, Action<string> progress, CancellationToken cancellationToken)
    {
        var entry = SessionData.Entry(0, "leader.example.com", silo.Address);
        await silo.Table.InsertNewAsync(entry.Key, entry.Record, cancellationToken);
        await silo.Table.DeleteAsync(entry.Key, cancellationToken);
        return silo.Table.Leader ?? throw new InvalidOperationException("A leader has decided, but none is known.");
    }
}

/// <summary>Returns how many active silos this one sees.</summary>
internal sealed class MembersOperation() : SiloOperation<Nothing, int>(OperationName)
{
    public const string OperationName = "members";

    protected override Task<int> RunAsync(
        SiloContext silo, Nothing with, Action<string> progress, CancellationToken cancellationToken)
    {
        var oracle = silo.Services.GetRequiredService<ISiloStatusOracle>();
        return Task.FromResult(oracle.GetApproximateSiloStatuses(onlyActive: true).Count);
    }
}

/// <summary>Returns how many methods this process has compiled; a method counts again each time it is optimised.</summary>
internal sealed class CompiledOperation() : SiloOperation<Nothing, long>(OperationName)
{
    public const string OperationName = "compiled";

    protected override Task<long> RunAsync(
        SiloContext silo, Nothing with, Action<string> progress, CancellationToken cancellationToken) =>
        Task.FromResult(JitInfo.GetCompiledMethodCount(currentThread: false));
}

/// <summary>Memory of this process after a full collection, in bytes.</summary>
internal sealed record MemoryResult(long RssBytes, long ManagedBytes);

/// <summary>Collects everything, gives free memory back to the system, and returns what is left.</summary>
internal sealed class MemoryOperation() : SiloOperation<Nothing, MemoryResult>(OperationName)
{
    public const string OperationName = "memory";

    protected override Task<MemoryResult> RunAsync(
        SiloContext silo, Nothing with, Action<string> progress, CancellationToken cancellationToken)
    {
        // Twice: what finalizers held goes in the second one.
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return Task.FromResult(new MemoryResult(Environment.WorkingSet, GC.GetTotalMemory(forceFullCollection: false)));
    }
}
