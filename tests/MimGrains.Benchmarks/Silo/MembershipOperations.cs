using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace MimGrains.Benchmarks.Silo;

/// <param name="Writes">How many, one after the other.</param>
internal sealed record MembershipWriteParameters(int Writes);

/// <summary>Rewrites this silo's own row of the membership table as it is; returns the microseconds of each write.</summary>
internal sealed class MembershipWriteOperation() : SiloOperation<MembershipWriteParameters, double[]>(OperationName)
{
    public const string OperationName = "membership-write";

    protected override async Task<double[]> RunAsync(
        SiloContext silo, MembershipWriteParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        var self = silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var us = new double[with.Writes];
        for (var write = 0; write < us.Length; write++)
        {
            var data = await table.ReadAllAsync(cancellationToken);
            var (row, etag) = data.TryGet(self)
                ?? throw new InvalidOperationException($"{self} has no row in the membership table.");
            var from = Stopwatch.GetTimestamp();
            if (!await table.UpdateRowAsync(row, etag, data.Version.Next(), cancellationToken))
            {
                throw new InvalidOperationException("Somebody else has written the membership table at the same time.");
            }

            us[write] = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
        }

        return us;
    }
}
