namespace MimGrains.Hosting;

/// <summary>One thing that is wrong in a configuration, and where it stands.</summary>
/// <param name="Source">
/// The file, the environment variable, the path in <c>IConfiguration</c>, or <c>options</c> for what code has set.
/// </param>
/// <param name="Line">The line in the file, from 1; null where there is none.</param>
/// <param name="Option">
/// The option's path, such as <c>internal_databases.cets.backend</c>; empty when the file could not be read at all.
/// </param>
/// <param name="Message">What was found and what is allowed. Never holds the value of a secret.</param>
public sealed record ConfigurationError(string Source, int? Line, string Option, string Message)
{
    /// <summary>Returns <c>source:line: option: message</c>, without the parts that are not known.</summary>
    public override string ToString()
    {
        var place = new SettingLocation(Source, Line);
        return Option.Length == 0 ? $"{place}: {Message}" : $"{place}: {Option}: {Message}";
    }
}
