using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MimGrains.Mnesia.Storage;

/// <summary>How fragments are stored. The defaults suit records of up to some kilobytes.</summary>
public sealed class FragmentStorageOptions
{
    /// <summary>
    /// Gets or sets in how many storage rows a fragment's log goes round. A log never has more rows than these, and they
    /// stay in
    /// the database. Counts for fragments that are made afterwards.
    /// </summary>
    /// <value>32 to 65,536; default 1,024.</value>
    [Range(32, 65_536)]
    public int LogSlots { get; set; } = 1_024;

    /// <summary>Gets or sets how many bytes of rows make a log want a compaction; half of its slots do as well.</summary>
    /// <value>4 KiB to 1 GiB; default 8 MiB.</value>
    [Range(4 * 1_024, 1 << 30)]
    public int LogBytesBeforeCompaction { get; set; } = 8 * 1_024 * 1_024;

    /// <summary>
    /// Gets or sets how large a row of a log gets. What is larger takes several, up to half of the log: with the defaults 2 GiB.
    /// </summary>
    /// <value>1 KiB to 256 MiB; default 4 MiB.</value>
    [Range(1_024, 256 * 1_024 * 1_024)]
    public int MaxRowBytes { get; set; } = 4 * 1_024 * 1_024;

    /// <summary>Gets or sets how large a page gets. A record that is larger has a page of its own.</summary>
    /// <value>1 KiB to 16 MiB; default 128 KiB.</value>
    [Range(1_024, 16 * 1_024 * 1_024)]
    public int PageBytes { get; set; } = 128 * 1_024;

    /// <summary>Gets or sets how many pages or rows of a fragment are read or written at a time.</summary>
    /// <value>1 to 64; default 8.</value>
    [Range(1, 64)]
    public int Window { get; set; } = 8;

    /// <summary>Gets or sets how many storage calls of a silo are under way at a time, apart from appends.</summary>
    /// <value>1 to 1,000; default 32.</value>
    [Range(1, 1_000)]
    public int MaxConcurrentCalls { get; set; } = 32;

    /// <summary>Gets or sets how many bytes of pages a silo keeps for reads of tables that are on disc only.</summary>
    /// <value>1 MiB to 1 TiB; default 64 MiB.</value>
    [Range(1L << 20, 1L << 40)]
    public long PageCacheBytes { get; set; } = 64L << 20;

    /// <summary>Gets or sets how long one call of the database may take before its outcome counts as unknown.</summary>
    /// <value>10 milliseconds to 10 minutes; default 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets how long a write waits for a database that is away.</summary>
    /// <value>10 milliseconds to 1 hour; default 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(10);
}

[OptionsValidator]
internal sealed partial class FragmentStorageOptionsValidator : IValidateOptions<FragmentStorageOptions>;
