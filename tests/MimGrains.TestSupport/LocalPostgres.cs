using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace MimGrains.TestSupport;

// initdb -> pg_ctl start on a free loopback port; a process that waits for this one's end -> pg_ctl stop, and the folder goes
/// <summary>A PostgreSQL server in a temporary folder, which ends with this process.</summary>
internal sealed class LocalPostgres
{
    private const string DebianFolder = "/usr/lib/postgresql/15/bin";
    private const string Password = "mimgrains";

    private readonly string _folder = Directory.CreateTempSubdirectory("mimgrains-pg-").FullName;
    private readonly string _programs = FindPrograms();
    private readonly int _port = FreePort();

    private LocalPostgres()
    {
    }

    /// <summary>Returns the administrator's connection string.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1", Port = _port, Username = "postgres", Password = Password, Database = "postgres",
    }.ToString();

    private string Data => Path.Combine(_folder, "data");

    private string Control => Path.Combine(_programs, "pg_ctl");

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start; the message says which.</exception>
    public static async Task<LocalPostgres> StartAsync()
    {
        var server = new LocalPostgres();
        await File.WriteAllTextAsync(Path.Combine(server._folder, "password"), Password);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["-R", "postgres", server._folder]);
        }

        await server.RunAsServerAsync(
            Path.Combine(server._programs, "initdb"),
            ["-D", server.Data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", Path.Combine(server._folder, "password"),
                "--locale=C", "--encoding=UTF8", "--no-sync"]);
        await server.StartAgainAsync();
        await server.EndWithThisProcessAsync();
        return server;
    }

    /// <summary>Starts the server after it was stopped, on the same port; it repairs itself first.</summary>
    public Task StartAgainAsync() => RunAsServerAsync(
        Control,
        ["-D", Data, "-l", Path.Combine(_folder, "log"), "-w", "start", "-o",
            $"-p {_port} -k {_folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"]);

    /// <summary>Stops the server as a crash would: nothing is ended, nothing is written first.</summary>
    public Task StopAtOnceAsync() => RunAsServerAsync(Control, ["-D", Data, "-m", "immediate", "-w", "stop"]);

    private static string FindPrograms()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append(DebianFolder);
        foreach (var folder in path.Where(folder => folder.Length > 0))
        {
            var program = new FileInfo(Path.Combine(folder, "initdb"));
            if (program.Exists)
            {
                return Path.GetDirectoryName((program.ResolveLinkTarget(returnFinalTarget: true) ?? program).FullName)!;
            }
        }

        throw new InvalidOperationException(
            $"These tests need PostgreSQL 15. There is no initdb on PATH or in {DebianFolder}: install it (Debian: " +
            "apt-get install postgresql-15), or name a server in MIMGRAINS_TEST_PG, as an administrator's Npgsql connection string.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // A test process is killed rather than left to end: it cannot clean up itself.
    private Task EndWithThisProcessAsync()
    {
        string[] stop = [Control, "-D", Data, "-m", "immediate", "-w", "stop"];
        const string script =
            """pid=$1; folder=$2; shift 2; cd /; setsid sh -c 'tail --pid='"$pid"' -f /dev/null; "$@"; rm -rf '"$folder" sh "$@" &""";
        return RunAsync(
            "sh",
            ["-c", script, "sh", $"{Environment.ProcessId}", _folder,
                .. Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. stop] : stop]);
    }

    // PostgreSQL refuses to run as root.
    private Task RunAsServerAsync(string program, string[] arguments) => Environment.IsPrivilegedProcess
        ? RunAsync("runuser", ["-u", "postgres", "--", "env", "-C", _folder, program, .. arguments])
        : RunAsync(program, arguments);

    private static async Task RunAsync(string program, string[] arguments)
    {
        // The output goes to a file: a server that was started would hold a pipe open.
        var output = Path.GetTempFileName();
        try
        {
            using var process = Process.Start(new ProcessStartInfo("sh", [
                "-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "sh", output, program, .. arguments]))!;
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException(
                    $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await File.ReadAllTextAsync(output)}");
            }
        }
        finally
        {
            File.Delete(output);
        }
    }
}
