using System.Text;
using System.Xml.Linq;

namespace MimGrains.Architecture.Tests;

/// <summary>Habits of the repository that a reviewer would otherwise have to look for.</summary>
public class RepositoryTests
{
    private const int MaxLines = 400;

    // In two parts, or this file would be the first that names one.
    private static readonly string[] Registries =
    [
        "nuget" + ".org", "pkgs.dev" + ".azure.com", "nuget.pkg" + ".github.com", "registry.npmjs" + ".org", "pypi" + ".org",
        "files.pythonhosted" + ".org", "crates" + ".io", "proxy.golang" + ".org", "docker" + ".io", "myget" + ".org",
    ];

    private static readonly string[] SourceProperties = ["RestoreSources", "RestoreAdditionalProjectSources"];

    [Fact]
    public void No_file_of_code_is_longer_than_400_lines() => Assert.Empty(
        from file in Repository.Files
        where file.EndsWith(".cs", StringComparison.Ordinal)
        let lines = File.ReadLines(file).Count()
        where lines > MaxLines
        select $"{Repository.Show(file)} has {lines} lines.");

    [Fact]
    public void No_file_names_a_package_registry() => Assert.Empty(
        from file in Repository.Files
        let text = File.ReadAllText(file, Encoding.Latin1)
        from registry in Registries
        where text.Contains(registry, StringComparison.OrdinalIgnoreCase)
        select $"{Repository.Show(file)} names {registry}.");

    [Fact]
    public void The_package_configuration_names_no_source()
    {
        var configs = Repository.Files
            .Where(file => Path.GetFileName(file).Equals("nuget.config", StringComparison.OrdinalIgnoreCase));
        var config = XDocument.Load(Assert.Single(configs));
        Assert.Empty(config.Descendants("packageSources"));
    }

    [Fact]
    public void No_build_file_names_a_package_source() => Assert.Empty(
        from file in Repository.Files
        where Path.GetExtension(file) is ".csproj" or ".props" or ".targets"
        from property in SourceProperties
        where File.ReadAllText(file).Contains($"<{property}", StringComparison.OrdinalIgnoreCase)
        select $"{Repository.Show(file)} sets {property}.");

    [Fact]
    public void Versions_of_packages_stand_in_one_file() => Assert.Empty(
        from file in Repository.Files
        where file.EndsWith(".csproj", StringComparison.Ordinal)
        from package in ProjectFile.Load(file).VersionedPackages
        select $"{Repository.Show(file)} names a version of {package}.");
}
