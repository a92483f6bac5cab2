using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MimGrains.Cets;

/// <summary>How replicated tables travel between silos. The same on every silo, by good custom; not by need.</summary>
public sealed class ReplicationOptions
{
    /// <summary>Gets or sets how long a write waits for the acknowledgements of all live silos.</summary>
    /// <value>100 ms to 10 min; default 10 s. Should exceed the time in which a dead silo is detected.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the most bytes of one batch of writes; a single larger write travels alone.</summary>
    /// <value>1 KiB to 16 MiB; default 128 KiB.</value>
    [Range(1_024, 16 * 1_024 * 1_024)]
    public int BatchMaxBytes { get; set; } = 128 * 1_024;

    /// <summary>
    /// Gets or sets how many bytes of unacknowledged writes a table keeps; at the limit new writes wait, as long as
    /// <see cref="WriteTimeout"/>.
    /// </summary>
    /// <value>1 MiB to 16 GiB; default 256 MiB.</value>
    [Range(1L * 1_024 * 1_024, 16L * 1_024 * 1_024 * 1_024)]
    public long LogMaxBytes { get; set; } = 256L * 1_024 * 1_024;

    /// <summary>Gets or sets the most bytes of one key with its record, encoded.</summary>
    /// <value>1 KiB to 16 MiB; default 1 MiB.</value>
    [Range(1_024, 16 * 1_024 * 1_024)]
    public int RecordMaxBytes { get; set; } = 1_024 * 1_024;

    /// <summary>Gets or sets the most records in one dump message. A join takes <c>ceil(records / DumpChunkRecords)</c> of them.</summary>
    /// <value>1 to 100,000 records; default 2,000.</value>
    [Range(1, 100_000)]
    public int DumpChunkRecords { get; set; } = 2_000;

    /// <summary>Gets or sets how long a delivery to a silo is tried again before the sender starts anew from the last acknowledgement.</summary>
    /// <value>500 ms to 1 min; default 3 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:01:00")]
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Gets or sets how long a table's node-down handler may take; then nobody waits for it any more.</summary>
    /// <value>100 ms to 1 h; default 30 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets or sets how often an idle silo tells the others its clock, and housekeeping runs.</summary>
    /// <value>50 ms to 10 s; default 500 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
    public TimeSpan HeartbeatPeriod { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets how often the replicas of each table are compared, and mended where they differ.</summary>
    /// <value>1 s to 1 day, or 0 for never; default 1 min. The silo with the least address does it for all.</value>
    public TimeSpan VerifyPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Gets or sets how many changes of a table a silo keeps for those who watch it; one that reads more slowly than so many
    /// come is told to begin anew.
    /// </summary>
    /// <value>16 to 16,777,216 changes; default 65,536. A change keeps the old record in memory, and the new one.</value>
    [Range(16, 16 * 1_024 * 1_024)]
    public int ChangeLogMaxChanges { get; set; } = 65_536;

    /// <summary>
    /// Gets or sets how many bytes those changes may take, keys and records encoded; of larger ones fewer are kept. Costs
    /// nothing while all writes of a table are small enough (with the defaults up to 2,000 bytes); then each change is measured.
    /// </summary>
    /// <value>1 MiB to 16 GiB; default 256 MiB. The last change is kept, however large.</value>
    [Range(1L * 1_024 * 1_024, 16L * 1_024 * 1_024 * 1_024)]
    public long ChangeLogMaxBytes { get; set; } = 256L * 1_024 * 1_024;

    /// <summary>Gets or sets how long changes are still kept after the last watch of a table on this silo has ended.</summary>
    /// <value>0 to 1 day; default 2 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ChangeLogLinger { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Gets or sets how often the silos are asked for their tables, for the gauges <c>cets_info.*</c>; only while somebody
    /// listens to them. MongooseIM's <c>instrumentation.probe_interval</c>.
    /// </summary>
    /// <value>1 s to 1 day; default 15 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ProbePeriod { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Gets or sets the most keys a second that are mended where replicas differ.</summary>
    /// <value>1 to 1,000,000 keys a second; default 5,000.</value>
    [Range(1, 1_000_000)]
    public int RepairKeysPerSecond { get; set; } = 5_000;

    private const int EventMessageBytes = 64 * 1_024 * 1_024;
    private const int EventsPerMessageMost = 256;

    /// <summary>The most events of one message; each may hold two records.</summary>
    internal int EventsPerMessage => Math.Clamp(EventMessageBytes / (2 * RecordMaxBytes), 1, EventsPerMessageMost);
}

/// <summary>Checks the ranges of <see cref="ReplicationOptions"/> when the silo starts.</summary>
[OptionsValidator]
internal sealed partial class ReplicationOptionsValidator : IValidateOptions<ReplicationOptions>;

/// <summary>Checks what no range can say.</summary>
internal sealed class VerifyPeriodValidator : IValidateOptions<ReplicationOptions>
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, ReplicationOptions options) =>
        options.VerifyPeriod == TimeSpan.Zero || (options.VerifyPeriod >= Least && options.VerifyPeriod <= Most)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"{nameof(ReplicationOptions.VerifyPeriod)} must be 0 (never) or {Least} to {Most}, but is {options.VerifyPeriod}.");
}
