using MimGrains.Sessions;

namespace MimGrains.Benchmarks.Silo;

/// <summary>What to delete: records 0 to <c>Records</c> - 1 of this silo under one server name, each once.</summary>
internal sealed record DeleteParameters(string Server, int Workers, long Records, double WarmupSeconds, double Seconds);

/// <summary>Workers in this silo delete records that are there. More than there are is an error.</summary>
internal sealed class DeleteOperation() : SiloOperation<DeleteParameters, LoadResult>(OperationName)
{
    public const string OperationName = "delete";

    protected override async Task<LoadResult> RunAsync(
        SiloContext silo, DeleteParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        using var loop = new ClosedLoop<SessionKey>(
            with.Workers,
            TimeSpan.FromSeconds(with.WarmupSeconds),
            TimeSpan.FromSeconds(with.Seconds),
            (worker, sequence) => Key(silo, with, (sequence * with.Workers) + worker),
            key => silo.Table.DeleteAsync(key, CancellationToken.None));
        return await loop.RunAsync(cancellationToken);
    }

    private static SessionKey Key(SiloContext silo, DeleteParameters with, long index) => index < with.Records
        ? SessionData.Key(index, with.Server, silo.Address)
        : throw new InvalidOperationException($"All {with.Records} records are deleted: measure for fewer seconds.");
}
