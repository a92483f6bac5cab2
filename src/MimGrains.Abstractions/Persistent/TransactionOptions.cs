namespace MimGrains.Persistent;

/// <summary>How one transaction is run.</summary>
public sealed record TransactionOptions
{
    /// <summary>
    /// How many bytes of keys and records a transaction may write to one fragment of a table; one that writes more is aborted as
    /// <see cref="AbortReason.Refused"/>. They are in memory several times while it commits.
    /// </summary>
    public const long MaxWriteBytes = 256L * 1_024 * 1_024;

    /// <summary>Returns how often the body is run again after it has lost a lock to an older transaction.</summary>
    /// <value>0 or more; null for no limit but <see cref="Timeout"/>. Default null.</value>
    public int? Retries { get; init; }

    /// <summary>Returns how long the transaction may take, with all restarts, until it is aborted.</summary>
    /// <value>More than zero; null for what the silo is configured to, 30 s. Default null.</value>
    public TimeSpan? Timeout { get; init; }
}
