using System.Globalization;
using System.Text.Json.Nodes;

namespace MimGrains.Benchmarks.Harness;

/// <summary>
/// How busy the machine was with other things: the load average when a run starts, and the share of processor time that
/// the hypervisor took away during it. Where <c>/proc</c> is not there, nothing is said.
/// </summary>
internal sealed class MachineLoad
{
    private const int StealColumn = 7;
    private const int Columns = 8; // Guest time, after them, is part of user time.
    private readonly double? _load1 = ReadLoad();
    private readonly long[]? _before = ReadTimes();

    /// <summary>Adds <c>load1</c> and <c>steal_pct</c> since this object was made.</summary>
    public void AddTo(JsonObject line)
    {
        if (_load1 is { } load)
        {
            line["load1"] = load;
        }

        if (_before is null || ReadTimes() is not { } after)
        {
            return;
        }

        var all = after.Zip(_before, (now, then) => now - then).Sum();
        line["steal_pct"] = all == 0 ? 0 : Math.Round(100.0 * (after[StealColumn] - _before[StealColumn]) / all, 1);
    }

    private static double? ReadLoad() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;

    private static long[]? ReadTimes() => File.Exists("/proc/stat")
        ? [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1).Take(Columns).Select(text => long.Parse(text, CultureInfo.InvariantCulture))]
        : null;
}
