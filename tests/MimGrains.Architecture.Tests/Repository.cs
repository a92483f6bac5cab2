namespace MimGrains.Architecture.Tests;

/// <summary>The files of the repository that this test was built in.</summary>
internal static class Repository
{
    // What .gitignore names, and git's own folder.
    private static readonly string[] Ignored = [".git", "bin", "obj", ".vs", ".idea", "TestResults", "artifacts", "BenchmarkDotNet.Artifacts"];

    /// <summary>Returns the folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Returns the full paths of all files that are no build output, ascending.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. FilesOf(new DirectoryInfo(Root)).Order(StringComparer.Ordinal)];

    /// <summary>Returns a path as messages show it.</summary>
    public static string Show(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static IEnumerable<string> FilesOf(DirectoryInfo folder) => folder.EnumerateFiles().Select(file => file.FullName)
        .Concat(folder.EnumerateDirectories().Where(child => !Ignored.Contains(child.Name)).SelectMany(FilesOf));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MimGrains.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No MimGrains.sln above {AppContext.BaseDirectory}.");
    }
}
