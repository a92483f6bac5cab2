using System.Diagnostics;
using MimGrains.ProcessSupport;

namespace MimGrains.Cluster.Tests.Processes;

/// <summary>
/// A network of its own for each node, joined by a bridge in another one: Linux network namespaces. A node can be cut off from
/// the others while this process still reaches it, over a line that no node can use to reach another. Needs root.
/// </summary>
internal sealed class PrivateNetwork : IDisposable
{
    // Of the block for tests of network devices (RFC 2544): it leads nowhere.
    private const string Subnet = "198.18.7";
    private const string LineSubnet = "198.19.7";

    private readonly string _prefix = $"mim{Environment.ProcessId:x}";
    private readonly int _nodes;

    /// <summary>Makes networks for nodes 1, 2, ...</summary>
    public PrivateNetwork(int nodes)
    {
        _nodes = nodes;
        try
        {
            Run("netns", "add", Hub);
            InHub("link", "add", "bridge", "type", "bridge");
            InHub("link", "set", "bridge", "up");
            for (var node = 1; node <= nodes; node++)
            {
                Add(node);
            }
        }
        catch (InvalidOperationException)
        {
            Dispose();
            throw;
        }
    }

    private string Hub => $"{_prefix}-hub";

    /// <summary>Returns why this machine has no such networks; null if it has.</summary>
    public static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Network namespaces are Linux'.";
        }

        try
        {
            using var network = new PrivateNetwork(1);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"No network namespaces here: {exception.Message}";
        }
    }

    public static string AddressOf(int node) => $"{Subnet}.{node}";

    /// <summary>Returns a command that runs another one in the network of a node.</summary>
    public ChildCommand Inside(int node, ChildCommand command) =>
        command with { FileName = "ip", Arguments = ["netns", "exec", Of(node), command.FileName, .. command.Arguments] };

    /// <summary>Cuts a node off from the others: nothing arrives any more, and nobody is told.</summary>
    public void Cut(int node) => InHub("link", "set", Port(node), "down");

    /// <summary>Joins a node with the others again.</summary>
    public void Heal(int node) => InHub("link", "set", Port(node), "up");

    public void Dispose()
    {
        // The lines would go with the networks that they lead to, but a while later: the next network may be made before.
        foreach (var node in Enumerable.Range(1, _nodes))
        {
            Execute(["link", "delete", Line(node)]);
        }

        foreach (var name in Enumerable.Range(1, _nodes).Select(Of).Append(Hub))
        {
            Execute(["netns", "delete", name]);
        }
    }

    private string Of(int node) => $"{_prefix}-{node}";

    private static string Port(int node) => $"port{node}";

    private string Line(int node) => $"{_prefix}l{node}";

    private void Add(int node)
    {
        Run("netns", "add", Of(node));
        Inside(node, "link", "set", "lo", "up");
        InHub("link", "add", Port(node), "type", "veth", "peer", "name", "eth0", "netns", Of(node));
        InHub("link", "set", Port(node), "master", "bridge", "up");
        Inside(node, "address", "add", $"{AddressOf(node)}/24", "dev", "eth0");
        Inside(node, "link", "set", "eth0", "up");

        Run("link", "add", Line(node), "type", "veth", "peer", "name", "line", "netns", Of(node));
        Run("address", "add", $"{LineSubnet}.{4 * node + 1}/30", "dev", Line(node));
        Run("link", "set", Line(node), "up");
        Inside(node, "address", "add", $"{LineSubnet}.{4 * node + 2}/30", "dev", "line");
        Inside(node, "link", "set", "line", "up");
        Run("route", "add", $"{AddressOf(node)}/32", "via", $"{LineSubnet}.{4 * node + 2}");
    }

    private void Inside(int node, params string[] arguments) => Run(["-n", Of(node), .. arguments]);

    private void InHub(params string[] arguments) => Run(["-n", Hub, .. arguments]);

    private static void Run(params string[] arguments)
    {
        if (Execute(arguments) is { } error)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {error}");
        }
    }

    private static string? Execute(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : error.Trim();
    }
}

/// <summary>A test that needs <see cref="PrivateNetwork"/>; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NetworkFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> s_whyNot = new(PrivateNetwork.WhyNot);

    public NetworkFactAttribute() => Skip = s_whyNot.Value;
}
