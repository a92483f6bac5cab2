using System.CommandLine;
using System.Globalization;
using MimGrains.Operation;
using MimGrains.Tables;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MimGrains.Cli.Commands;

/// <summary><c>mimctl cets</c>: the replicated tables.</summary>
internal static class CetsCommands
{
    public static Command Make() => new("cets", "The replicated tables.") { MakeSystemInfo(), MakeTableInfo(), MakeVerify(), MakeWatch() };

    private static Command MakeSystemInfo()
    {
        var command = new Command("system-info", "Says whether the nodes hold the same tables: MongooseIM's cets systemInfo.");
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                connection.Output.Write(await connection.Operator.SystemInfoAsync(cancellation), Show);
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeTableInfo()
    {
        var name = new Argument<string?>("table") { Description = "Only this table.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("table-info", "Lists the tables of the gateway's silo: MongooseIM's cets tableInfo, and more.") { name };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, _) =>
            {
                var only = parsed.GetValue(name);
                var tables = (await connection.Operator.TablesAsync()).Where(table => only is null || table.Name == only).ToArray();
                if (only is not null && tables is [])
                {
                    throw new KeyNotFoundException($"No table {only} on the gateway's silo.");
                }

                connection.Output.Write(tables, Show);
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeVerify()
    {
        var name = new Argument<string>("table") { Description = "The table's name." };
        var command = new Command("verify", "Compares the replicas of a table on all silos. Exit code 3 if they differ.") { name };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                var found = await connection.Operator.VerifyAsync(parsed.GetValue(name)!, cancellation);
                connection.Output.Write(found, Show);
                return found.AreEqual ? ExitCode.Done : ExitCode.Found;
            },
            token));
        return command;
    }

    private static Command MakeWatch()
    {
        var name = new Argument<string>("table") { Description = "The table's name." };
        var changesOnly = new Option<bool>("--changes-only") { Description = "Leaves out the records that are there at first." };
        var command = new Command("watch", "Lists the records of a table, then tells its changes until it is interrupted.") { name, changesOnly };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            (connection, cancellation) => WatchAsync(
                connection, parsed.GetValue(name)!, parsed.GetValue(changesOnly), cancellation),
            token));
        return command;
    }

    // The end by the user is how a watch ends.
    private static async Task<int> WatchAsync(
        Connection connection, string table, bool changesOnly, CancellationToken cancellationToken)
    {
        var silo = connection.Operator;
        var watch = await silo.BeginWatchAsync(table);
        try
        {
            while (await silo.NextChangesAsync(watch).WaitAsync(cancellationToken) is { } changes)
            {
                foreach (var change in changes.Where(change => !changesOnly || change.Kind != TableEventKind.Listed))
                {
                    connection.Output.WriteLine(change, Show);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await silo.EndWatchAsync(watch);
            return ExitCode.Done;
        }

        throw new InvalidOperationException($"The silo that told the changes of {table} does not know the watch any more: begin again.");
    }

    private static IRenderable Show(CetsSystemInfo info) => Output.Table(
        ["", ""],
        [
            ["available nodes", Join(info.AvailableNodes)],
            ["unavailable nodes", Join(info.UnavailableNodes)],
            ["joined nodes", Join(info.JoinedNodes)],
            ["discovered nodes", Join(info.DiscoveredNodes)],
            ["remote nodes without discovery", Join(info.RemoteNodesWithoutDisco)],
            ["remote nodes with unknown tables", Join(info.RemoteNodesWithUnknownTables)],
            ["remote unknown tables", Join(info.RemoteUnknownTables)],
            ["remote nodes with missing tables", Join(info.RemoteNodesWithMissingTables)],
            ["remote missing tables", Join(info.RemoteMissingTables)],
            ["conflict nodes", Join(info.ConflictNodes)],
            ["conflict tables", Join(info.ConflictTables)],
            ["discovery works", info.DiscoveryWorks ? "yes" : "no"],
        ]);

    private static IRenderable Show(TableInfo[] tables) => Output.Table(
        ["table", "records", "memory (KiB)", "ready", "other silos", "pending writes", "paused by", "faults"],
        tables.Select(table => new[]
        {
            table.Name,
            Number(table.Records),
            Number(table.MemoryBytes / 1_024),
            table.IsReady ? "yes" : "no",
            Join(table.OtherSilos),
            Number(table.PendingWrites),
            Join([.. table.Pauses.Select(pause => pause.Who)]),
            Number(table.Faults),
        }));

    private static IRenderable Show(TableVerification found) => new Rows(
        new Text($"{found.Table}: {Number(found.Records)} records on {found.Silos.Count} silos, {Number(found.DifferenceCount)} keys differ."),
        new Rows(found.NotCompared.Select(silo => new Text($"not compared: {silo.Key}: {silo.Value}"))),
        new Rows(found.DifferingKeys.Select(key => new Text($"differs: {key}"))));

    private static string Show(TableChangeText change) => change.Kind switch
    {
        TableEventKind.Synced => "synced",
        TableEventKind.OwnerLost => $"owner lost: {change.Owner}",
        TableEventKind.Updated => $"updated {change.Key}: {change.Old} -> {change.New}",
        TableEventKind.Listed or TableEventKind.Inserted => $"{Lower(change.Kind)} {change.Key}: {change.New}",
        _ => $"{Lower(change.Kind)} {change.Key}: {change.Old}",
    };

    private static string Lower(TableEventKind kind) => $"{kind}".ToLowerInvariant();

    private static string Join(IReadOnlyList<string> names) => names.Count == 0 ? "-" : string.Join(", ", names);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
