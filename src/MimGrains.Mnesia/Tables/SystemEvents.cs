using System.Runtime.CompilerServices;
using System.Threading.Channels;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;

namespace MimGrains.Mnesia.Tables;

/// <summary>Tells whoever watches what happens to the cluster and its persistent tables. Thread-safe.</summary>
internal sealed class SystemEvents(TableRegistry registry, IClusterMembershipService membership, TimeProvider time)
    : ITableObserver, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int UnreadMost = 1_000;
    private const int Stage = ServiceLifecycleStage.Active + 100;

    private readonly Lock _gate = new();
    private readonly List<Channel<SystemEvent>> _readers = [];
    private readonly SortedSet<string> _active = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(SystemEvents),
        Stage,
        cancellationToken =>
        {
            _running = Task.Run(FollowMembershipAsync, cancellationToken);
            return Task.CompletedTask;
        },
        async cancellationToken =>
        {
            await _stopping.CancelAsync();
            await _running.WaitAsync(cancellationToken);
        });

    public void Dispose() => _stopping.Dispose();

    public void Tell(SystemEventKind kind, string? table = null, string? silo = null, string detail = "")
    {
        lock (_gate)
        {
            Tell_NeedsGate(new SystemEvent(kind, time.GetUtcNow(), table, silo, detail));
        }
    }

    public void OnReplicasDiffer(string table, int keys) =>
        Tell(SystemEventKind.InconsistencyFound, TableOf(table), detail: $"{keys} keys");

    public void OnReplicasMended(string table, int records) =>
        Tell(SystemEventKind.InconsistencyRepaired, TableOf(table), detail: $"{records} records");

    public void OnOverload(string table, long logBytes) =>
        Tell(SystemEventKind.Overload, TableOf(table), detail: $"{logBytes} bytes are kept for silos that do not answer");

    /// <summary>See <see cref="IPersistentTables.WatchSystemAsync"/>.</summary>
    public async IAsyncEnumerable<SystemEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = Channel.CreateBounded<SystemEvent>(new BoundedChannelOptions(UnreadMost) { SingleReader = true });
        List<SystemEvent> first;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            first =
            [
                .. _active.Select(silo => new SystemEvent(SystemEventKind.SiloUp, now, null, silo, "")),
                .. registry.All.Where(parts => parts.Load.IsLoaded)
                    .Select(parts => new SystemEvent(SystemEventKind.TableLoaded, now, parts.Definition.Name, null, "")),
                new SystemEvent(SystemEventKind.Synced, now, null, null, ""),
            ];
            _readers.Add(reader);
        }

        try
        {
            foreach (var one in first)
            {
                yield return one;
            }

            await foreach (var one in reader.Reader.ReadAllAsync(cancellationToken))
            {
                yield return one;
            }
        }
        finally
        {
            lock (_gate)
            {
                _readers.Remove(reader);
            }
        }
    }

    private async Task FollowMembershipAsync()
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_stopping.Token))
            {
                Follow(snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active)
                    .Select(member => member.SiloAddress.ToParsableString()).ToHashSet(StringComparer.Ordinal));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private void Follow(HashSet<string> active)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var silo in _active.Except(active).ToList())
            {
                _active.Remove(silo);
                Tell_NeedsGate(new SystemEvent(SystemEventKind.SiloDown, now, null, silo, ""));
            }

            foreach (var silo in active.Where(_active.Add).Order(StringComparer.Ordinal).ToList())
            {
                Tell_NeedsGate(new SystemEvent(SystemEventKind.SiloUp, now, null, silo, ""));
            }
        }
    }

    private void Tell_NeedsGate(SystemEvent one)
    {
        foreach (var reader in _readers.Where(reader => !reader.Writer.TryWrite(one)).ToList())
        {
            reader.Writer.TryComplete(new SnapshotRequiredException("system events", $"more than {UnreadMost} came that were not read"));
            _readers.Remove(reader);
        }
    }

    private static string TableOf(string table) => table.StartsWith(CopyNames.Prefix, StringComparison.Ordinal)
        ? table[CopyNames.Prefix.Length..]
        : table;
}
