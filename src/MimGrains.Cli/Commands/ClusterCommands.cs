using System.CommandLine;
using System.Globalization;
using MimGrains.Operation;
using Spectre.Console.Rendering;

namespace MimGrains.Cli.Commands;

/// <summary><c>mimctl cluster</c>: the nodes.</summary>
internal static class ClusterCommands
{
    public static Command Make() => new("cluster", "The nodes of the cluster.") { MakeNodes(), MakeEvict() };

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
}
