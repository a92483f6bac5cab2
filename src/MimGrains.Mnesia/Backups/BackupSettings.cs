using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace MimGrains.Mnesia.Backups;

/// <summary>How persistent tables are saved to files.</summary>
public sealed class BackupSettings
{
    /// <summary>Gets or sets where a fallback waits for the next start: the node's data directory.</summary>
    /// <value>Default <c>data</c>, relative to the working directory.</value>
    [Required]
    public string DataDirectory { get; set; } = "data";

    /// <summary>Gets or sets how long the cut of a backup, or a restore in one transaction, may take.</summary>
    /// <value>1 second to 1 day; default 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Gets or sets how dumps write keys and records as JSON.</summary>
    /// <value>Default: System.Text.Json's, with fields.</value>
    public JsonSerializerOptions Json { get; set; } = new() { IncludeFields = true };

    /// <summary>The file of the fallback.</summary>
    internal string FallbackFile => Path.GetFullPath(Path.Combine(DataDirectory, "fallback.mimbackup"));
}

[OptionsValidator]
internal sealed partial class BackupSettingsValidator : IValidateOptions<BackupSettings>;
