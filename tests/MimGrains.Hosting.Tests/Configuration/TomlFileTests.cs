using MimGrains.Configuration;

namespace MimGrains.Hosting.Tests.Configuration;

public sealed class TomlFileTests
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Fact]
    public void A_file_is_read()
    {
        using var file = new TemporaryFile(
            "[outgoing_pools.rdbms.default.connection]\ndriver = \"sqlite\"\nfile = \"mim.db\"\n");

        Assert.Equal(RdbmsDriver.Sqlite, MimGrainsToml.Load(file.Path, NoVariables, out _).Rdbms!.Driver);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_are_no_error()
    {
        using var file = new TemporaryFile(
            "\uFEFF[outgoing_pools.rdbms.default.connection]\r\ndriver = \"sqlite\"\r\nfile = \"mim.db\"\r\n");

        Assert.Equal("mim.db", MimGrainsToml.Load(file.Path, NoVariables, out _).Rdbms!.File);
    }

    [Fact]
    public void Errors_name_the_file_as_it_was_given()
    {
        using var file = new TemporaryFile("[node]\nsilo_port = true\n");

        var error = Refuse(file.Path).Errors[0];

        Assert.Equal((file.Path, 2, "node.silo_port"), (error.Source, error.Line, error.Option));
    }

    [Fact]
    public void A_file_that_does_not_exist_is_refused() => Assert.Equal(
        $"no-such-mim.toml: does not exist (looked for {Path.GetFullPath("no-such-mim.toml")})",
        Refuse("no-such-mim.toml").Message);

    [Fact]
    public void A_folder_is_refused()
    {
        var folder = Path.GetTempPath();

        Assert.Equal($"{folder}: cannot be read: is a folder; allowed: a TOML file", Refuse(folder).Message);
    }

    [Fact]
    public void A_file_that_is_not_text_is_refused()
    {
        using var file = new TemporaryFile([0xFF, 0xFE, 0xC3, 0x28]);

        Assert.Equal($"{file.Path}: found bytes that are not UTF-8; allowed: TOML in UTF-8", Refuse(file.Path).Message);
    }

    [Fact]
    public void A_file_of_more_than_a_mebibyte_is_refused()
    {
        using var file = new TemporaryFile(new string('#', 1_048_577));

        Assert.Equal(
            $"{file.Path}: found 1048577 bytes; allowed: at most 1048576 bytes", Refuse(file.Path).Message);
    }

    [Fact]
    public void Every_syntax_error_is_reported_with_its_line()
    {
        var errors = Assert.Throws<MimGrainsConfigurationException>(
            () => MimGrainsToml.Parse("[node]\nname = \nsilo_port = 1\n[general]\nsm_backend 'cets'\n", "mim.toml")).Errors;

        Assert.Equal([2, 5], errors.Select(error => error.Line).Distinct());
        Assert.All(errors, error => Assert.StartsWith($"mim.toml:{error.Line}: is not valid TOML: ", error.ToString()));
    }

    [Theory]
    [InlineData("[node]\nname = 'a@b'\nname = 'c@d'\n", 3)]
    [InlineData("[node]\nname = 'a@b'\n[node]\nsilo_port = 1\n", 3)]
    public void An_option_or_section_that_is_there_twice_is_refused(string text, int line)
    {
        var error = Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Parse(text, "mim.toml")).Errors[0];

        Assert.Equal(line, error.Line);
        Assert.Contains("already defined", error.Message);
    }

    [Fact]
    public void A_document_cut_off_anywhere_is_read_or_refused_with_errors()
    {
        const string Document = """"
            [node] # the node
            "name" = 'a@b'
            silo_port = 0x10
            [internal_databases]
            mnesia = {}
            cets = { cluster_name = """blue""", backend = "rdbms" }
            [outgoing_pools.rdbms.default.connection]
            driver = "pgsql"
            database = "\u006Dim"
            username = "mim"
            """";

        Assert.Equal("mim", MimGrainsToml.Parse(Document, "mim.toml").Rdbms!.Database);
        for (var length = 0; length < Document.Length; length++)
        {
            // Anything but this exception fails the test; cut after its last option only, the document is valid.
            if (Record.Exception(() => MimGrainsToml.Parse(Document[..length], "mim.toml")) is { } exception)
            {
                Assert.True(exception is MimGrainsConfigurationException, $"Cut to {length}: {exception}");
            }
        }
    }

    [Fact]
    public void A_document_that_ends_with_a_backslash_is_refused() => Assert.Equal(
        "mim.toml:2: is not valid TOML: the text ends within an escape of a string",
        Assert.Throws<MimGrainsConfigurationException>(
            () => MimGrainsToml.Parse("[node]\nname = \"a\\", "mim.toml")).Message);

    [Theory]
    [InlineData("password = hunter2")]
    [InlineData("password = \"hunter2")]
    [InlineData("password = \"hunter2\"\npassword = \"hunter3\"")]
    public void A_password_is_not_shown_by_a_syntax_error(string line)
    {
        var exception = Assert.Throws<MimGrainsConfigurationException>(
            () => MimGrainsToml.Parse($"[outgoing_pools.rdbms.default.connection]\n{line}\n", "mim.toml"));

        Assert.DoesNotContain("hunter", exception.Message);
        Assert.Contains("the line with password", exception.Message);
    }

    private static MimGrainsConfigurationException Refuse(string path) =>
        Assert.Throws<MimGrainsConfigurationException>(() => MimGrainsToml.Load(path, NoVariables, out _));
}
