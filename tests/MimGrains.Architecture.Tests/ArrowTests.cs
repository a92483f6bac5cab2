using System.Xml.Linq;

namespace MimGrains.Architecture.Tests;

/// <summary>Who may know whom. A new project under src gets its line here when it is created.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["MimGrains.Core"] = [],
        ["MimGrains.Abstractions"] = [],
        ["MimGrains.Clustering"] = ["MimGrains.Core", "MimGrains.Abstractions"],
        ["MimGrains.Cets"] = ["MimGrains.Core", "MimGrains.Abstractions"],
        ["MimGrains.Mnesia"] = ["MimGrains.Core", "MimGrains.Abstractions", "MimGrains.Cets"],
        ["MimGrains.Sessions"] = ["MimGrains.Abstractions"],
        ["MimGrains.Hosting"] =
            ["MimGrains.Abstractions", "MimGrains.Clustering", "MimGrains.Cets", "MimGrains.Mnesia", "MimGrains.Sessions"],
        ["MimGrains.Host"] = ["MimGrains.Hosting"],
        ["MimGrains.Cli"] = ["MimGrains.Abstractions", "MimGrains.Hosting"],
    };

    private static readonly ProjectFile[] Projects =
        [.. Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)
            && Repository.Show(file).StartsWith("src/", StringComparison.Ordinal)).Select(ProjectFile.Load)];

    public static TheoryData<string, string> WrongProjects => new()
    {
        { "MimGrains.Sessions", "<ProjectReference Include=\"../MimGrains.Cets/MimGrains.Cets.csproj\" />" },
        { "MimGrains.Core", "<ProjectReference Include=\"..\\MimGrains.Abstractions\\MimGrains.Abstractions.csproj\" />" },
        { "MimGrains.Core", "<PackageReference Include=\"Microsoft.Orleans.Sdk\" />" },
        { "MimGrains.Abstractions", "<PackageReference Include=\"Npgsql\" />" },
        { "MimGrains.Unheard", "" },
    };

    [Fact]
    public void Projects_reference_only_whom_they_may_know() => Assert.Empty(Projects.SelectMany(Offences));

    [Fact]
    public void The_projects_of_the_library_are_found() =>
        Assert.Superset(
            new HashSet<string> { "MimGrains.Core", "MimGrains.Abstractions", "MimGrains.Hosting" },
            Projects.Select(project => project.Name).ToHashSet());

    [Theory, MemberData(nameof(WrongProjects))]
    public void A_wrong_arrow_is_seen(string name, string reference)
    {
        var project = ProjectFile.Read(name, XDocument.Parse($"<Project><ItemGroup>{reference}</ItemGroup></Project>"));
        Assert.Single(Offences(project));
    }

    private static IEnumerable<string> Offences(ProjectFile project)
    {
        if (!Allowed.TryGetValue(project.Name, out var allowed))
        {
            return [$"{project.Name} is not a known project: give it a line in {nameof(ArrowTests)}, and the design its arrows."];
        }

        // Core knows no framework at all; what users program against needs nothing but Orleans' attributes and interfaces.
        var forbidden = project.Name switch
        {
            "MimGrains.Core" => project.Packages,
            "MimGrains.Abstractions" => project.Packages.Except(["Microsoft.Orleans.Sdk"]),
            _ => [],
        };
        return project.Projects.Except(allowed).Concat(forbidden).Select(other => $"{project.Name} must not reference {other}.");
    }
}
