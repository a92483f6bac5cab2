namespace MimGrains.Persistent;

/// <summary>How one transaction is run.</summary>
public sealed record TransactionOptions
{
    /// <summary>Returns how often the body is run again after it has lost a lock to an older transaction.</summary>
    /// <value>0 or more; null for no limit but <see cref="Timeout"/>. Default null.</value>
    public int? Retries { get; init; }

    /// <summary>Returns how long the transaction may take, with all restarts, until it is aborted.</summary>
    /// <value>More than zero; null for what the silo is configured to, 30 s. Default null.</value>
    public TimeSpan? Timeout { get; init; }
}
