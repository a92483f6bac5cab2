namespace MimGrains.ProcessSupport;

/// <summary>A new empty folder that is deleted, with all that is in it, when disposed.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Creates the folder.</summary>
    /// <param name="prefix">The start of its name.</param>
    public TempFolder(string prefix = "mimgrains-") => Path = Directory.CreateTempSubdirectory(prefix).FullName;

    /// <summary>Returns the absolute path.</summary>
    public string Path { get; }

    /// <summary>Returns the path of a file in the folder; does not create it.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody deleted it before: that is what was wanted.
        }
    }
}
