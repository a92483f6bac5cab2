using System.Text;
using MimGrains.Configuration;

namespace MimGrains.Hosting;

/// <summary>Reads <see cref="MimGrainsOptions"/> from TOML as MongooseIM writes it.</summary>
/// <remarks>
/// Sections: <c>[node]</c>, <c>[general]</c>, <c>[internal_databases.mnesia]</c>, <c>[internal_databases.cets]</c> and
/// <c>[outgoing_pools.rdbms.default.connection]</c>; anything else is an error. Thread-safe.
/// </remarks>
public static class MimGrainsToml
{
    private const int FileMaxBytes = 1_024 * 1_024;

    /// <summary>
    /// Returns the options of a file, with this process's <c>MIM_*</c> variables over them, validated.
    /// </summary>
    /// <param name="path">The file, in UTF-8, at most 1 MiB; relative to the working directory.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The file cannot be read, or is not TOML, or the options are not valid; lists everything that is wrong.
    /// </exception>
    public static MimGrainsOptions Load(string path) => Load(path, out _);

    /// <summary>Returns the options of a file, with this process's <c>MIM_*</c> variables over them, validated.</summary>
    /// <param name="path">The file, in UTF-8, at most 1 MiB; relative to the working directory.</param>
    /// <param name="warnings">One sentence for each <c>MIM_*</c> variable that no option has.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The file cannot be read, or is not TOML, or the options are not valid; lists everything that is wrong.
    /// </exception>
    public static MimGrainsOptions Load(string path, out IReadOnlyList<string> warnings) =>
        Load(path, EnvironmentSettings.OfProcess(), out warnings);

    /// <summary>Returns the options of a file, with the given <c>MIM_*</c> variables over them, validated.</summary>
    /// <param name="path">The file, in UTF-8, at most 1 MiB; relative to the working directory.</param>
    /// <param name="environment">The variables; those that do not begin with <c>MIM_</c> are left alone.</param>
    /// <param name="warnings">One sentence for each <c>MIM_*</c> variable that no option has.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The file cannot be read, or is not TOML, or the options are not valid; lists everything that is wrong.
    /// </exception>
    public static MimGrainsOptions Load(
        string path, IReadOnlyDictionary<string, string> environment, out IReadOnlyList<string> warnings)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Parse(ReadFile(path), path, environment, out warnings);
    }

    /// <summary>Returns the options of a TOML text, validated. The environment is not looked at.</summary>
    /// <param name="text">The TOML document.</param>
    /// <param name="fileName">The name that errors show.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The text is not TOML, or the options are not valid; lists everything that is wrong.
    /// </exception>
    public static MimGrainsOptions Parse(string text, string fileName) =>
        Parse(text, fileName, new Dictionary<string, string>(), out _);

    /// <summary>
    /// Returns the options of a TOML text, with the given <c>MIM_*</c> variables over them, validated.
    /// </summary>
    /// <param name="text">The TOML document.</param>
    /// <param name="fileName">The name that errors show.</param>
    /// <param name="environment">The variables; those that do not begin with <c>MIM_</c> are left alone.</param>
    /// <param name="warnings">One sentence for each <c>MIM_*</c> variable that no option has.</param>
    /// <exception cref="MimGrainsConfigurationException">
    /// The text is not TOML, or the options are not valid; lists everything that is wrong.
    /// </exception>
    public static MimGrainsOptions Parse(
        string text,
        string fileName,
        IReadOnlyDictionary<string, string> environment,
        out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        ArgumentNullException.ThrowIfNull(environment);
        var binder = new OptionsBinder(new(fileName));
        binder.Bind(TomlSettings.Read(text, fileName));
        (var overrides, warnings) = EnvironmentSettings.Read(environment);
        binder.Bind(overrides);
        return binder.Finish();
    }

    /// <summary>Returns one line <c>path = value</c> for each option that has a value, defaults included, passwords left out.</summary>
    /// <param name="options">Valid options.</param>
    public static string Describe(MimGrainsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var databases = options.InternalDatabases ?? new() { Mnesia = new() };
        return string.Join(Environment.NewLine, OptionTable.Options
            .Where(option => !option.IsSecret && !OptionRules.IsOfOtherDriver(option.Path, options))
            .Select(option => (option.Path, Value: option.Show(options)))
            .Prepend((Path: "node.name", Value: options.Node.Name is null ? $"\"{options.Node.EffectiveName}\"" : null))
            .Append((Path: OptionTable.Mnesia, Value: databases.Mnesia is null ? null : "enabled"))
            .Concat(MnesiaTableSettings.All(options).Select(option => (option.Path, Value: option.Show(options))))
            .Where(line => line.Value is not null)
            .Select(line => $"{line.Path} = {line.Value}"));
    }

    private static string ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > FileMaxBytes)
            {
                throw Unreadable(path, $"found {file.Length} bytes; allowed: at most {FileMaxBytes} bytes", null);
            }

            // A byte order mark of UTF-8 is skipped; one of UTF-16 is an error like any other wrong byte.
            var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);
            using var reader = new StreamReader(file, utf8, detectEncodingFromByteOrderMarks: false);
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unreadable(path, $"does not exist (looked for {Path.GetFullPath(path)})", exception);
        }
        catch (DecoderFallbackException exception)
        {
            throw Unreadable(path, "found bytes that are not UTF-8; allowed: TOML in UTF-8", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(path) ? "is a folder; allowed: a TOML file" : exception.Message;
            throw Unreadable(path, $"cannot be read: {reason}", exception);
        }
    }

    private static MimGrainsConfigurationException Unreadable(string path, string message, Exception? cause) =>
        new([new(path, null, "", message)], cause);
}
