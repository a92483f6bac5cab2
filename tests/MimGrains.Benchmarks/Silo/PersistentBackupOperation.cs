using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Persistent;

namespace MimGrains.Benchmarks.Silo;

/// <param name="ElapsedMs">From the call to the file's being whole and on its disk.</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Records">In the file.</param>
/// <param name="RestoreMs">From the call that brings it back to its being committed.</param>
internal sealed record BackupResult(double ElapsedMs, long SizeBytes, long Records, double RestoreMs);

/// <summary>Writes a backup of all sessions into the folder of the cluster, brings it back over them, and deletes it.</summary>
internal sealed class PersistentBackupOperation() : SiloOperation<StorageParameters, BackupResult>(OperationName)
{
    public const string OperationName = "persistent-backup";
    private const string File = "benchmark.backup";

    protected override async Task<BackupResult> RunAsync(
        SiloContext silo, StorageParameters with, Action<string> progress, CancellationToken cancellationToken)
    {
        var backups = silo.Services.GetRequiredService<IPersistentBackups>();
        var started = Stopwatch.GetTimestamp();
        var info = await backups.BackupAsync(File, [PersistentData.Sessions(with.Storage).Name], cancellationToken: cancellationToken);
        var elapsedMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var sizeBytes = new FileInfo(File).Length;
        progress($"backup {elapsedMs:0} ms; restoring");
        started = Stopwatch.GetTimestamp();
        await backups.RestoreAsync(File, cancellationToken: cancellationToken);
        var restoreMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        System.IO.File.Delete(File);
        return new BackupResult(elapsedMs, sizeBytes, info.Tables.Sum(table => table.Records), restoreMs);
    }
}
