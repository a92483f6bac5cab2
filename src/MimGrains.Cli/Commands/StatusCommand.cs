using System.CommandLine;
using MimGrains.Operation;
using MimGrains.Tables;
using Spectre.Console;

namespace MimGrains.Cli.Commands;

/// <summary><c>mimctl status</c>: whether all is well, at one look.</summary>
internal static class StatusCommand
{
    public static Command Make()
    {
        var command = new Command("status", "Says which nodes are there, and whether they hold the same tables. Exit code 3 if not all is well.");
        command.SetAction((parsed, token) => Connection.RunAsync(parsed, RunAsync, token));
        return command;
    }

    private static async Task<int> RunAsync(Connection connection, CancellationToken cancellationToken)
    {
        var info = await connection.Operator.SystemInfoAsync(cancellationToken);
        var nodes = await connection.Operator.NodesAsync();
        var tables = await connection.Operator.TablesAsync();
        var problems = Problems(info, tables).ToArray();
        connection.Output.Write(new { Nodes = nodes, Problems = problems }, status => Show(status.Nodes, status.Problems));
        return problems is [] ? ExitCode.Done : ExitCode.Found;
    }

    internal static IEnumerable<string> Problems(CetsSystemInfo info, IEnumerable<TableInfo> tables)
    {
        if (!info.DiscoveryWorks)
        {
            yield return "Discovery does not work: silos can neither join nor be declared dead.";
        }

        foreach (var (what, names) in new (string, IReadOnlyList<string>)[]
        {
            ("Nodes that are listed and not alive", info.UnavailableNodes),
            ("Nodes that do not answer for replicated tables", info.RemoteNodesWithoutDisco),
            ("Tables that another node has and the gateway's has not", info.RemoteUnknownTables),
            ("Tables that another node has not", info.RemoteMissingTables),
            ("Tables that nodes replicate with different nodes", info.ConflictTables),
            ("Tables that have not joined", [.. tables.Where(table => !table.IsReady).Select(table => table.Name)]),
            ("Tables that are paused", [.. tables.Where(table => table.Pauses.Count > 0).Select(table => table.Name)]),
        })
        {
            if (names.Count > 0)
            {
                yield return $"{what}: {string.Join(", ", names)}.";
            }
        }
    }

    private static Rows Show(ClusterNode[] nodes, string[] problems) => new Rows(
        ClusterCommands.Show(nodes),
        problems is [] ? new Text("All is well.") : new Rows(problems.Select(problem => new Text(problem))));
}
