using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace MimGrains.Cets;

/// <summary>
/// How a silo notices that the process of another one is gone, before probes of the membership would: it holds a TCP line to
/// the silo port of each, and a line that is closed and cannot be opened again because the port refuses is the proof.
/// </summary>
public sealed class CrashDetectionOptions
{
    /// <summary>
    /// Gets or sets whether this silo holds lines to others, declares them dead, and answers those of others. Without, only the
    /// probes of the membership find out about it and through it.
    /// </summary>
    /// <value>
    /// Default true. Turn it off for a silo whose address leads through something that answers or refuses in its place, although
    /// a refusal counts only where the silo itself has answered before.
    /// </value>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Gets or sets how long a silo that is dialled may take to answer; after that nothing is concluded.</summary>
    /// <value>50 ms to 30 s; default 500 ms.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:30")]
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets how long another silo, asked to dial the suspected one too, may take to answer.</summary>
    /// <value>100 ms to 1 min; default 1 s. Longer than <see cref="DialTimeout"/>.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan WitnessTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets or sets the pause before a silo that did not answer is dialled again, and before it is tried again to declare one
    /// dead while the membership table is away.
    /// </summary>
    /// <value>50 ms to 1 min; default 1 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan RedialPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets or sets how long a silo waits that is refused by one silo, and cannot ask any of the other active ones, before it
    /// decides alone. If it is this silo that is cut off, the others declare it dead meanwhile.
    /// </summary>
    /// <value>100 ms to 5 min; default 1 s. Not used in a cluster of two, where there is nobody to ask.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan LonePause { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>Checks the ranges of <see cref="CrashDetectionOptions"/> when the silo starts.</summary>
[OptionsValidator]
internal sealed partial class CrashDetectionRangesValidator : IValidateOptions<CrashDetectionOptions>;

/// <summary>Checks what settings of <see cref="CrashDetectionOptions"/> ask of each other.</summary>
internal sealed class CrashDetectionRulesValidator : IValidateOptions<CrashDetectionOptions>
{
    public ValidateOptionsResult Validate(string? name, CrashDetectionOptions options) =>
        options.WitnessTimeout > options.DialTimeout
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"WitnessTimeout ({options.WitnessTimeout}) must be longer than DialTimeout ({options.DialTimeout}): the silo " +
                "that is asked dials before it answers.");
}
