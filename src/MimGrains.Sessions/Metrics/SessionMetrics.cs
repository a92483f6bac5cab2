using System.Diagnostics.Metrics;
using MimGrains.Persistent;

namespace MimGrains.Sessions;

/// <summary>The counts of sessions, for whoever listens to the meter <c>MimGrains.Sessions</c>. Thread-safe.</summary>
/// <remarks>
/// The gauges are MongooseIM's, with its names. Users and the sessions of this silo take a walk over all sessions, which is made when a
/// listener asks and the last one is <see cref="WalkAgainAfter"/> old.
/// </remarks>
internal sealed class SessionMetrics : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "MimGrains.Sessions";

    /// <summary>As often as MongooseIM probes.</summary>
    public static readonly TimeSpan WalkAgainAfter = TimeSpan.FromSeconds(15);

    private readonly ISessionStore _store;
    private readonly string _silo;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Lock _walking = new();
    private (long At, long Users, long Own)? _walk;

    public SessionMetrics(IMeterFactory meters, ISessionStore store, ILocalSiloDetails silo, TimeProvider time)
    {
        (_store, _silo, _time) = (store, silo.SiloAddress.ToParsableString(), time);
        _meter = meters.Create(MeterName);
        Gauge("sm_total_sessions", "Sessions of the cluster", () => store.Count);
        Gauge("sm_unique_sessions", "Users with a session", () => Walk().Users);
        Gauge("sm_node_sessions", "Sessions of this silo", () => Walk().Own);
    }

    // Made with the silo, so that a listener finds the gauges.
    public void Participate(ISiloLifecycle observer)
    {
    }

    public void Dispose() => _meter.Dispose();

    private void Gauge(string name, string description, Func<long> value)
    {
        IEnumerable<Measurement<long>> Measure()
        {
            try
            {
                return [new(value())];
            }
            catch (PersistentTableUnavailableException)
            {
                return []; // Not loaded yet.
            }
        }

        _meter.CreateObservableGauge<long>($"{name}.count", Measure, "{session}", description);
    }

    private (long At, long Users, long Own) Walk()
    {
        lock (_walking)
        {
            if (_walk is { } last && _time.GetElapsedTime(last.At) < WalkAgainAfter)
            {
                return last;
            }

            var (users, own) = (0L, 0L);
            UserPrefix? user = null;

            // Ascending by key: the sessions of a user stand side by side.
            foreach (var (key, _) in _store.All())
            {
                own += string.Equals(key.Id.Silo, _silo, StringComparison.Ordinal) ? 1 : 0;
                if (user?.CompareTo(key) != 0)
                {
                    users++;
                    user = new UserPrefix(key.Server, key.User);
                }
            }

            _walk = (_time.GetTimestamp(), users, own);
            return _walk.Value;
        }
    }
}
