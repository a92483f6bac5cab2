using MimGrains.Persistent;
using Spectre.Console;

namespace MimGrains.Cli;

/// <summary>Follows a job on the gateway's silo to its end, with a line of progress for people on standard error.</summary>
internal static class JobProgress
{
    /// <summary>Runs a job. An interruption is passed on, and what the job makes of it is waited for.</summary>
    public static async Task<BackupJobState> RunAsync(
        IPersistentOperatorGrain silo, BackupJob job, CancellationToken cancellationToken)
    {
        var id = await silo.BeginAsync(job);
        await using var cancelling = cancellationToken.Register(() => silo.CancelAsync(id).Ignore());
        if (Console.IsErrorRedirected)
        {
            return await FollowAsync(silo, id, _ => { });
        }

        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await terminal.Status().StartAsync($"{job.Kind}", status => FollowAsync(
            silo, id, state => status.Status(Describe(job.Kind, state))));
    }

    /// <summary>Returns MongooseIM's error code of a job that failed.</summary>
    public static string CodeOf(BackupJobKind kind, BackupProblem? problem) => (kind, problem) switch
    {
        (BackupJobKind.Backup, BackupProblem.NotFound or BackupProblem.NotAccessible) => "wrong_filename",
        (BackupJobKind.Dump, BackupProblem.NotFound or BackupProblem.NotAccessible) => "file_error",
        (_, BackupProblem.NotFound) => "file_not_found",
        (BackupJobKind.Restore, BackupProblem.Foreign or BackupProblem.Damaged) => "not_a_log_file_error",
        (BackupJobKind.Load or BackupJobKind.RenameNode, BackupProblem.Foreign or BackupProblem.Damaged) => "bad_file_format",
        (BackupJobKind.Backup, _) => "cannot_backup",
        (BackupJobKind.Restore, _) => "cannot_restore",
        (BackupJobKind.Dump, _) => "cannot_dump",
        (BackupJobKind.Load, _) => "cannot_load",
        (BackupJobKind.RenameNode or BackupJobKind.ChangeStorage, _) => "cannot_change",
        _ => "cannot_fallback",
    };

    private static string Describe(BackupJobKind kind, BackupJobState state) => kind == BackupJobKind.ChangeStorage
        ? $"{kind}: {Markup.Escape(state.Table)}"
        : $"{kind} {Markup.Escape(state.Table)}: {state.Records:N0} records, {state.SizeBytes / 1_024:N0} KiB";

    private static async Task<BackupJobState> FollowAsync(IPersistentOperatorGrain silo, Guid id, Action<BackupJobState> show)
    {
        while (await silo.ProgressAsync(id) is { } state)
        {
            if (state.IsDone)
            {
                return state;
            }

            show(state);
        }

        throw new InvalidOperationException("The silo that ran the job is gone, or has forgotten it: how it ended is not known.");
    }
}
