namespace MimGrains.Hosting.Tests;

/// <summary>A file with this content until it is disposed of.</summary>
public sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string content) => File.WriteAllText(Path, content);

    public TemporaryFile(byte[] content) => File.WriteAllBytes(Path, content);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"mim-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(Path);
}
