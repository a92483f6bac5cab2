using System.Collections.Concurrent;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Operation;

/// <summary>Runs the jobs that operators' clients begin, and remembers for a while how they ended. Thread-safe.</summary>
internal sealed class BackupJobs(IPersistentBackups backups, IPersistentTables tables, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, Running> _jobs = new();

    public Guid Begin(BackupJob job)
    {
        ForgetOld();
        var id = Guid.NewGuid();
        var running = new Running();
        _jobs[id] = running;
        running.Task = Task.Run(() => RunAsync(job, running));
        return id;
    }

    /// <summary>Returns the state of a job, as soon as it is done or a while has passed; null if it is not known.</summary>
    public async Task<BackupJobState?> ProgressAsync(Guid id)
    {
        if (!_jobs.TryGetValue(id, out var running))
        {
            return null;
        }

        using var enough = new CancellationTokenSource();
        await Task.WhenAny(running.Task, Task.Delay(AnswerWithin, time, enough.Token));
        await enough.CancelAsync();
        return running.State;
    }

    public void Cancel(Guid id)
    {
        if (_jobs.TryGetValue(id, out var running))
        {
            running.Cancellation.Cancel();
        }
    }

    public void Dispose()
    {
        foreach (var running in _jobs.Values)
        {
            running.Cancellation.Cancel();
        }
    }

    private async Task RunAsync(BackupJob job, Running running)
    {
        try
        {
            var info = await DoAsync(job, running);
            running.State = running.State with
            {
                IsDone = true, Records = info?.Records ?? 0, Tables = [.. info?.Tables.Select(table => table.Name) ?? []],
            };
        }
        catch (Exception exception)
        {
            running.State = running.State with
            {
                IsDone = true, Error = exception.Message, Problem = (exception as BackupException)?.Problem,
            };
        }

        running.EndedAt = time.GetUtcNow();
    }

    private async Task<BackupInfo?> DoAsync(BackupJob job, Running running)
    {
        var token = running.Cancellation.Token;
        var options = new RestoreOptions { Default = job.Mode };
        switch (job.Kind)
        {
            case BackupJobKind.Backup:
                return await backups.BackupAsync(job.Path, job.Tables, running, token);
            case BackupJobKind.Restore:
                return await backups.RestoreAsync(job.Path, options, running, token);
            case BackupJobKind.Dump:
                return await backups.DumpAsync(job.Path, job.Tables, running, token);
            case BackupJobKind.Load:
                return await backups.LoadAsync(job.Path, options, running, token);
            case BackupJobKind.InstallFallback:
                return await backups.InstallFallbackAsync(job.Path, token);
            case BackupJobKind.UninstallFallback:
                return await backups.UninstallFallbackAsync(token)
                    ? null
                    : throw new InvalidOperationException("No fallback is installed on this node.");
            case BackupJobKind.RenameNode:
                return await backups.RenameNodeAsync(job.From, job.To, job.Path, job.Target, token);
            case BackupJobKind.ChangeStorage when job.Tables is [var table]:
                running.Report(new StorageChangeProgress(0, 0, null));
                await tables.ChangeStorageAsync(table, job.Storage, running, token);
                return null;
            default:
                throw new ArgumentException($"No such job: {job.Kind}.", nameof(job));
        }
    }

    private void ForgetOld()
    {
        var before = time.GetUtcNow() - Remembered;
        foreach (var (id, running) in _jobs)
        {
            if (running.EndedAt < before)
            {
                _jobs.TryRemove(id, out _);
            }
        }
    }

    private sealed class Running : IProgress<BackupProgress>, IProgress<StorageChangeProgress>
    {
        private volatile BackupJobState _state = new(
            IsDone: false, Table: "", Records: 0, SizeBytes: 0, Tables: [], Error: null, Problem: null);

        public CancellationTokenSource Cancellation { get; } = new();

        public Task Task { get; set; } = Task.CompletedTask;

        // Set last: a job that is forgotten has its last state.
        public DateTimeOffset? EndedAt { get; set; }

        public BackupJobState State
        {
            get => _state;
            set => _state = value;
        }

        public void Report(BackupProgress value) =>
            State = State with { Table = value.Table, Records = value.Records, SizeBytes = value.SizeBytes };

        public void Report(StorageChangeProgress value) => State = State with
        {
            Records = value.Prepared,
            Table = value.Problem is null ? $"{value.Prepared} of {value.Fragments} fragments" : $"waits: {value.Problem}",
        };
    }
}
