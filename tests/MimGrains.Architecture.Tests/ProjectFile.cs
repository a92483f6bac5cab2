using System.Xml.Linq;

namespace MimGrains.Architecture.Tests;

/// <summary>What a project file says about its surroundings.</summary>
/// <param name="Name">The file's name without extension.</param>
/// <param name="Projects">Names of the projects that it references.</param>
/// <param name="Packages">Names of the packages that it references, those excepted that only run while it is built.</param>
/// <param name="VersionedPackages">Names of the packages for which it names a version itself.</param>
internal sealed record ProjectFile(
    string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages, IReadOnlyList<string> VersionedPackages)
{
    public static ProjectFile Load(string path) => Read(Path.GetFileNameWithoutExtension(path), XDocument.Load(path));

    public static ProjectFile Read(string name, XDocument project)
    {
        var packages = project.Descendants("PackageReference").ToArray();
        return new ProjectFile(
            name,
            [.. project.Descendants("ProjectReference").Select(Include)
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))],
            [.. packages.Where(package => (string?)package.Attribute("PrivateAssets") != "all").Select(Include)],
            [.. packages
                .Where(package => package.Attribute("Version") is not null || package.Attribute("VersionOverride") is not null
                    || package.Element("Version") is not null)
                .Select(Include)]);
    }

    private static string Include(XElement reference) => (string?)reference.Attribute("Include") ?? "";
}
