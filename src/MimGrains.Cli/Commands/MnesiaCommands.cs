using System.CommandLine;
using System.Globalization;
using MimGrains.Persistent;
using Spectre.Console.Rendering;

namespace MimGrains.Cli.Commands;

/// <summary><c>mimctl mnesia</c>: the persistent tables. Files are those of the gateway silo's machine.</summary>
internal static class MnesiaCommands
{
    private static Argument<string> PathArgument { get; } = new("path") { Description = "The file, on the machine of the gateway's silo." };

    private static Option<string[]> Tables { get; } = new("--table")
    {
        Description = "Only this table; may be given again.", DefaultValueFactory = _ => [],
    };

    private static SortedDictionary<string, StorageType> StorageNames { get; } = new(StringComparer.Ordinal)
    {
        ["ram_copies"] = StorageType.Ram, ["disc_copies"] = StorageType.Disc, ["disc_only_copies"] = StorageType.DiscOnly,
    };

    private static Option<RestoreMode> Mode { get; } = new("--mode")
    {
        Description = "What becomes of the tables: clear, keep, recreate or skip.", DefaultValueFactory = _ => RestoreMode.Clear,
    };

    public static Command Make() => new("mnesia", "The persistent tables.")
    {
        MakeSystemInfo(),
        MakeTableInfo(),
        MakeChangeStorage(),
        MakeJob("backup", "Writes a backup of one moment.", "Mnesia backup was successfully created", BackupJobKind.Backup, Tables),
        MakeJob("restore", "Brings the tables of a backup back.", "Mnesia was successfully restored", BackupJobKind.Restore, Mode),
        MakeJob("dump", "Writes the tables as text, a JSON object a line.", "Mnesia successfully dumped", BackupJobKind.Dump, Tables),
        MakeJob("load", "Brings the tables of a dump back.", "Mnesia was successfully loaded", BackupJobKind.Load, Mode),
        MakeJob(
            "install-fallback", "Has the gateway's node bring a backup back at its next start.", "Fallback installed",
            BackupJobKind.InstallFallback),
        MakeUninstall(),
        MakeRename(),
    };

    private static Command MakeSystemInfo()
    {
        var keys = new Argument<string[]>("keys") { Description = "Only these keys.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("system-info", "Answers the keys of Mnesia's system_info that mean something here.") { keys };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, _) =>
            {
                var all = await connection.PersistentOperator.SystemInfoAsync();
                var wanted = parsed.GetValue(keys) ?? [];
                var unknown = wanted.Except(all.Select(info => info.Key)).ToArray();
                if (unknown.Length > 0)
                {
                    throw new KeyNotFoundException($"bad_key_error: Key \"{unknown[0]}\" does not exist");
                }

                connection.Output.Write(all.Where(info => wanted is [] || wanted.Contains(info.Key)).ToArray(), Show);
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeTableInfo()
    {
        var name = new Argument<string?>("table") { Description = "Only this table.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("table-info", "Lists the persistent tables.") { name };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, _) =>
            {
                var only = parsed.GetValue(name);
                var found = (await connection.PersistentOperator.TablesAsync()).Where(table => only is null || table.Name == only).ToArray();
                if (only is not null && found is [])
                {
                    throw new KeyNotFoundException($"table_does_not_exist: {only}");
                }

                connection.Output.Write(found, Show);
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeJob(string name, string description, string success, BackupJobKind kind, params Option[] options)
    {
        var command = new Command(name, description) { PathArgument };
        Array.ForEach(options, command.Add);
        command.SetAction((parsed, token) => RunAsync(
            parsed,
            new BackupJob
            {
                Kind = kind,
                Path = parsed.GetValue(PathArgument)!,
                Tables = options.Contains(Tables) && parsed.GetValue(Tables) is { Length: > 0 } tables ? tables : null,
                Mode = options.Contains(Mode) ? parsed.GetValue(Mode) : RestoreMode.Clear,
            },
            success,
            token));
        return command;
    }

    private static Command MakeUninstall()
    {
        var command = new Command("uninstall-fallback", "Takes install-fallback back.");
        command.SetAction((parsed, token) => RunAsync(
            parsed, new BackupJob { Kind = BackupJobKind.UninstallFallback }, "Fallback uninstalled", token));
        return command;
    }

    private static Command MakeRename()
    {
        var from = new Argument<string>("from") { Description = "The node's name in the backup." };
        var to = new Argument<string>("to") { Description = "Its new name." };
        var source = new Argument<string>("source") { Description = "The backup." };
        var target = new Argument<string>("target") { Description = "The file for the copy." };
        var command = new Command("change-nodename", "Copies a backup, with another name for a node.") { from, to, source, target };
        command.SetAction((parsed, token) => RunAsync(
            parsed,
            new BackupJob
            {
                Kind = BackupJobKind.RenameNode,
                From = parsed.GetValue(from)!,
                To = parsed.GetValue(to)!,
                Path = parsed.GetValue(source)!,
                Target = parsed.GetValue(target)!,
            },
            "Name of the node in the backup was successfully changed",
            token));
        return command;
    }

    private static Command MakeChangeStorage()
    {
        var table = new Argument<string>("table") { Description = "The table." };
        var storage = new Argument<string>("storage") { Description = "Where its records are to be." };
        storage.AcceptOnlyFromAmong([.. StorageNames.Keys]);
        var command = new Command("change-storage", "Changes where the records of a table are, as Mnesia's change_table_copy_type.")
        {
            table, storage,
        };
        command.SetAction((parsed, token) => RunAsync(
            parsed,
            new BackupJob
            {
                Kind = BackupJobKind.ChangeStorage,
                Tables = [parsed.GetValue(table)!],
                Storage = StorageNames[parsed.GetValue(storage)!],
            },
            "The storage of the table was successfully changed",
            token));
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, BackupJob job, string success, CancellationToken cancellationToken) =>
        Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                var end = await JobProgress.RunAsync(connection.PersistentOperator, job, cancellation);
                if (end.Error is { } error)
                {
                    throw new InvalidOperationException($"{JobProgress.CodeOf(job.Kind, end.Problem)}: {error}");
                }

                connection.Output.WriteLine(
                    new { Message = success, end.Records, end.Tables },
                    done => done.Tables.Count == 0
                        ? $"{done.Message}."
                        : $"{done.Message}: {Number(done.Records)} records of {string.Join(", ", done.Tables)}.");
                return ExitCode.Done;
            },
            cancellationToken);

    private static IRenderable Show(MnesiaInfo[] infos) => Output.Table(
        ["key", "value"],
        infos.Select(info => new[] { info.Key, info.IsList ? $"[{string.Join(", ", info.Values)}]" : info.Values[0] }));

    private static IRenderable Show(PersistentTableInfo[] tables) => Output.Table(
        ["table", "type", "storage", "fragments", "records", "memory (KiB)", "indexes", "loaded"],
        tables.Select(table => new[]
        {
            table.Name,
            $"{table.Type}",
            $"{table.Storage}",
            Number(table.Fragments),
            table.Records is { } records ? Number(records) : "-",
            table.MemoryBytes is { } bytes ? Number(bytes / 1_024) : "-",
            table.Indexes.Count == 0 ? "-" : string.Join(", ", table.Indexes),
            table.Problem ?? (table.IsLoaded ? "yes" : "no"),
        }));

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
