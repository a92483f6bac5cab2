namespace MimGrains.Hosting;

/// <summary>A configuration is refused. Names everything that is wrong in it, not only the first error.</summary>
public sealed class MimGrainsConfigurationException : Exception
{
    /// <summary>Creates the exception for a configuration with these errors.</summary>
    /// <param name="errors">The errors, in the order in which they are shown; at least one.</param>
    /// <param name="innerException">What made the file unreadable; null otherwise.</param>
    /// <exception cref="ArgumentException"><paramref name="errors"/> is empty.</exception>
    public MimGrainsConfigurationException(
        IReadOnlyList<ConfigurationError> errors, Exception? innerException = null)
        : base(Describe(errors), innerException)
    {
        Errors = errors;
    }

    /// <summary>Gets all errors, those of a file in the order of its lines.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; }

    private static string Describe(IReadOnlyList<ConfigurationError> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        return errors.Count switch
        {
            0 => throw new ArgumentException("A refused configuration must have at least one error.", nameof(errors)),
            1 => errors[0].ToString(),
            _ => $"The configuration has {errors.Count} errors:\n  {string.Join("\n  ", errors)}",
        };
    }
}
