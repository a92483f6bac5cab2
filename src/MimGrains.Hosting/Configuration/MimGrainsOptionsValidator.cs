using Microsoft.Extensions.Options;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>The one validator of <see cref="MimGrainsOptions"/>, for options from every source and from code.</summary>
/// <remarks>
/// Thread-safe. Reads nothing but the options, and whether the file that <c>node_list_file</c> names exists.
/// </remarks>
public sealed class MimGrainsOptionsValidator : IValidateOptions<MimGrainsOptions>
{
    /// <summary>Returns success, or every failure as <c>option: what was found and what is allowed</c>.</summary>
    /// <param name="name">The options' name; not looked at.</param>
    /// <param name="options">The options to look at.</param>
    public ValidateOptionsResult Validate(string? name, MimGrainsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var broken = OptionRules.Check(options);
        return broken.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(broken.Select(rule => $"{rule.Option}: {rule.Message}"));
    }

    /// <summary>Returns when the options are valid; for options that code has filled.</summary>
    /// <param name="options">The options to look at.</param>
    /// <exception cref="MimGrainsConfigurationException">The options are not valid; lists everything.</exception>
    public static void ThrowIfInvalid(MimGrainsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var broken = OptionRules.Check(options);
        if (broken.Count > 0)
        {
            throw new MimGrainsConfigurationException(
                [.. broken.Select(rule => new ConfigurationError("options", null, rule.Option, rule.Message))]);
        }
    }
}
