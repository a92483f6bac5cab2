using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal abstract partial class TableHost
{
    private const int HistoryMost = 32;

    private readonly HashSet<ReplicaId> _toldDeaths = [];
    private readonly List<NodeDownEntry> _history = [];

    /// <summary>The last deaths, oldest first.</summary>
    public IReadOnlyList<NodeDownEntry> NodeDownHistory
    {
        get
        {
            lock (_history)
            {
                return [.. _history];
            }
        }
    }

    /// <summary>The handler that was started last; one runs after another.</summary>
    public Task NodeDownHandlers { get; set; } = Task.CompletedTask;

    /// <summary>Names the handler in logs.</summary>
    public abstract string NodeDownHandlerName { get; }

    /// <summary>
    /// Returns the deaths that were not returned before, each with what is to be called for it; null when nothing is. Before the
    /// records of the dead are removed: the handler gets them.
    /// </summary>
    public IReadOnlyList<(ReplicaId Dead, Func<CancellationToken, Task>? Handler)> TakeDeaths()
    {
        lock (Gate)
        {
            return [.. replica.DeadReplicas.Where(_toldDeaths.Add).Select(dead => (dead, PrepareNodeDown_NeedsGate(dead)))];
        }
    }

    /// <summary>Writes a death into the history, or what has become of its handler.</summary>
    public void Record(NodeDownEntry entry)
    {
        lock (_history)
        {
            var at = _history.FindIndex(known => known.Silo == entry.Silo);
            if (at >= 0)
            {
                _history[at] = entry;
                return;
            }

            _history.Add(entry);
            if (_history.Count > HistoryMost)
            {
                _history.RemoveAt(0);
            }
        }
    }

    protected abstract Func<CancellationToken, Task>? PrepareNodeDown_NeedsGate(ReplicaId dead);

    // Who died before this silo had joined was no silo that it survived.
    private void SkipEarlierDeaths_NeedsGate() => _toldDeaths.UnionWith(replica.DeadReplicas);
}
