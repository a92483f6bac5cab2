using System.Diagnostics.Metrics;
using MimGrains.Mnesia.Operation;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Metrics;

/// <summary>The measurements of persistent tables, for whoever listens to the meter <c>MimGrains.Mnesia</c>. Thread-safe.</summary>
/// <remarks>The two gauges <c>mnesia_info.*</c> are MongooseIM's, with its names; they are read when a listener asks.</remarks>
internal sealed class MnesiaMetrics : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "MimGrains.Mnesia";

    private readonly Meter _meter;
    private readonly Counter<long> _committed;
    private readonly Counter<long> _aborted;
    private readonly Counter<long> _restarted;
    private readonly Counter<long> _inDoubt;

    public MnesiaMetrics(IMeterFactory meters, MnesiaNodes nodes)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge("mnesia_info.db_nodes", () => nodes.Known().Length, null, "Nodes that are known");
        _meter.CreateObservableGauge("mnesia_info.running_db_nodes", () => nodes.Running().Length, null, "Nodes that are alive");
        _committed = Count("committed", "Transactions of this silo that were committed");
        _aborted = Count("aborted", "Transactions of this silo that were aborted");
        _restarted = Count("restarted", "How often the body of a transaction was run again");
        _inDoubt = Count("in_doubt", "Transactions whose callers were not told the outcome");
    }

    // Made with the silo, so that a listener finds the instruments before the first transaction.
    public void Participate(ISiloLifecycle observer)
    {
    }

    public void OnCommitted() => _committed.Add(1);

    public void OnRestarted() => _restarted.Add(1);

    /// <summary>A transaction has ended with an error that its caller sees.</summary>
    public void OnFailed(Exception error)
    {
        if (error is TransactionInDoubtException)
        {
            _inDoubt.Add(1);
        }
        else
        {
            _aborted.Add(1, new KeyValuePair<string, object?>("reason", ReasonOf(error)));
        }
    }

    public void Dispose() => _meter.Dispose();

    private static string ReasonOf(Exception error) => error switch
    {
        TransactionAbortedException { Reason: AbortReason.Requested } => "requested",
        TransactionAbortedException { Reason: AbortReason.TooManyRestarts } => "too_many_restarts",
        TransactionAbortedException { Reason: AbortReason.FragmentLost } => "fragment_lost",
        TransactionAbortedException { Reason: AbortReason.StorageUnavailable } => "storage_unavailable",
        TransactionAbortedException { Reason: AbortReason.LeaseExpired } => "lease_expired",
        TransactionAbortedException { Reason: AbortReason.Refused } => "refused",
        TransactionTimeoutException => "timeout",
        OperationCanceledException => "cancelled",
        PersistentTableUnavailableException or NoSuchTableException => "table_unavailable",
        _ => "error",
    };

    private Counter<long> Count(string name, string description) =>
        _meter.CreateCounter<long>($"mimgrains.transaction.{name}", "{transaction}", description);
}
