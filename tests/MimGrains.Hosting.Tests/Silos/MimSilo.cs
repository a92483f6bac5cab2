using MimGrains.ProcessSupport;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>Runs the built <c>mim-silo</c>.</summary>
internal static class MimSilo
{
    /// <summary>How long a start or an end may take on a busy machine; a wait ends as soon as it can.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static SiloProcess Start(IReadOnlyDictionary<string, string?>? environment, params string[] arguments) =>
        SiloProcess.Start("mim-silo", ChildCommand.ForAssembly(Path.Combine(AppContext.BaseDirectory, "mim-silo.dll"), arguments)
            with
        { Environment = environment ?? new Dictionary<string, string?>() });

    /// <summary>Runs it with a configuration file until it ends.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string toml, IReadOnlyDictionary<string, string?>? environment = null, params string[] more)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("mim.toml"), toml);
        return await RunToEndAsync(environment, ["--config", folder.File("mim.toml"), .. more]);
    }

    public static async Task<(int ExitCode, string Output)> RunToEndAsync(
        IReadOnlyDictionary<string, string?>? environment, params string[] arguments)
    {
        await using var silo = Start(environment, arguments);
        var code = await silo.Exited.WaitAsync(Patience);
        return (code, silo.Output.Tail(500));
    }
}
