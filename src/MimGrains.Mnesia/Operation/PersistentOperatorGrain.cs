using MimGrains.Persistent;
using Orleans.Concurrency;

namespace MimGrains.Mnesia.Operation;

/// <summary>Passes what an operator's client asks to the silo that it runs on, which is the client's gateway.</summary>
[StatelessWorker, Reentrant, GrainType("mimgrains.persistent-operator")]
internal sealed class PersistentOperatorGrain(
    IPersistentTables tables, BackupJobs jobs, MnesiaSystemInfo system) : Grain, IPersistentOperatorGrain
{
    public Task<PersistentTableInfo[]> TablesAsync() => Task.FromResult(tables.Names.Select(tables.GetInfo).ToArray());

    public Task<MnesiaInfo[]> SystemInfoAsync() => Task.FromResult(system.All().ToArray());

    public Task<Guid> BeginAsync(BackupJob job) => Task.FromResult(jobs.Begin(job));

    public Task<BackupJobState?> ProgressAsync(Guid job) => jobs.ProgressAsync(job);

    public Task CancelAsync(Guid job)
    {
        jobs.Cancel(job);
        return Task.CompletedTask;
    }
}
