using System.CommandLine;
using System.Globalization;
using MimGrains.Operation;
using Spectre.Console.Rendering;

namespace MimGrains.Cli.Commands;

/// <summary><c>mimctl cluster</c>: the nodes.</summary>
internal static class ClusterCommands
{
    public static Command Make() => new("cluster", "The nodes of the cluster.") { MakeNodes(), MakeEvict(), MakeConfirmList() };

    internal static IRenderable Show(IEnumerable<ClusterNode> nodes) => Output.Table(
        ["node", "number", "silo", "status"],
        nodes.Select(node => new[]
        {
            node.Name, node.Number?.ToString(CultureInfo.InvariantCulture) ?? "-", node.Silo ?? "-", node.Status,
        }));

    private static Command MakeNodes()
    {
        var command = new Command("nodes", "Lists the nodes that discovery knows, and those that are alive.");
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, _) =>
            {
                connection.Output.Write(await connection.Operator.NodesAsync(), Show);
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeEvict()
    {
        var node = new Argument<string>("node") { Description = "The node's name, or the silo's address." };
        var isSure = new Option<bool>("--yes") { Description = "Does not ask." };
        var command = new Command("evict", "Declares a silo dead: its sessions go, and it stops when it learns of it.") { node, isSure };
        command.SetAction((parsed, token) =>
        {
            var name = parsed.GetValue(node)!;
            if (!parsed.GetValue(isSure) && !Confirmation.Ask($"Declare {name} dead, and drop its sessions?"))
            {
                return Task.FromResult(ExitCode.Failed);
            }

            return Connection.RunAsync(
                parsed,
                async (connection, cancellation) =>
                {
                    var dead = await connection.Operator.EvictAsync(name, cancellation);
                    connection.Output.WriteLine(new { Evicted = dead }, evicted => $"{evicted.Evicted} is declared dead.");
                    return ExitCode.Done;
                },
                token);
        });
        return command;
    }

    private static Command MakeConfirmList()
    {
        var isSure = new Option<bool>("--yes") { Description = "Does not ask." };
        var command = new Command(
            "confirm-list", "Lets the list of nodes count as it is in the gateway's file now, though it shares no quorum with the one before.")
        {
            isSure,
        };
        command.SetAction((parsed, token) =>
        {
            if (!parsed.GetValue(isSure) && !Confirmation.Ask("Let the new list decide? Nodes that are not in it have no vote from then on."))
            {
                return Task.FromResult(ExitCode.Failed);
            }

            return Connection.RunAsync(
                parsed,
                async (connection, _) =>
                {
                    var nodes = await connection.Operator.ConfirmListAsync();
                    connection.Output.WriteLine(new { Confirmed = nodes }, list => $"confirmed: {string.Join(", ", list.Confirmed)}");
                    return ExitCode.Done;
                },
                token);
        });
        return command;
    }
}
