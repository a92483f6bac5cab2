using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MimGrains.Clustering.Rdbms;

/// <summary>One step of the schema: <c>NNNN_name.sql</c>.</summary>
internal sealed record SqlScript(int Version, string Name, string Text)
{
    /// <summary>Tells whether the text is still the one that was applied; line ends do not count.</summary>
    public string Checksum { get; } =
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n"))));

    /// <summary>Returns the scripts of a folder that are embedded in this library, ascending by version.</summary>
    public static IReadOnlyList<SqlScript> Embedded(string folder)
    {
        var assembly = typeof(SqlScript).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal))
                .Select(name => Read(name))
                .OrderBy(script => script.Version),
        ];

        SqlScript Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var file = name[(folder.Length + 1)..];
            return new SqlScript(int.Parse(file[..4], CultureInfo.InvariantCulture), name, reader.ReadToEnd());
        }
    }
}
