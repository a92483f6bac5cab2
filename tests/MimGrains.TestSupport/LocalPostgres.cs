using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace MimGrains.TestSupport;

// initdb -> pg_ctl start on a free loopback port; a process that waits for this one's end -> pg_ctl stop, and the folder goes
/// <summary>A PostgreSQL server in a temporary folder, which ends with this process.</summary>
internal static class LocalPostgres
{
    private const string DebianFolder = "/usr/lib/postgresql/15/bin";
    private const string Password = "mimgrains";

    /// <summary>Starts the server and returns its administrator's connection string.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start; the message says which.</exception>
    public static async Task<string> StartAsync()
    {
        var programs = FindPrograms();
        var folder = Directory.CreateTempSubdirectory("mimgrains-pg-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), Password);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", ["-R", "postgres", folder]);
        }

        var data = Path.Combine(folder, "data");
        await RunAsServerAsync(
            folder,
            Path.Combine(programs, "initdb"),
            ["-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", Path.Combine(folder, "password"),
                "--locale=C", "--encoding=UTF8", "--no-sync"]);
        var port = FreePort();
        await RunAsServerAsync(
            folder,
            Path.Combine(programs, "pg_ctl"),
            ["-D", data, "-l", Path.Combine(folder, "log"), "-w", "start", "-o",
                $"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"]);
        await EndWithThisProcessAsync(folder, programs, data);
        return new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1", Port = port, Username = "postgres", Password = Password, Database = "postgres",
        }.ToString();
    }

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
    private static Task EndWithThisProcessAsync(string folder, string programs, string data)
    {
        string[] stop = [Path.Combine(programs, "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop"];
        const string script =
            """pid=$1; folder=$2; shift 2; cd /; setsid sh -c 'tail --pid='"$pid"' -f /dev/null; "$@"; rm -rf '"$folder" sh "$@" &""";
        return RunAsync(
            "sh",
            ["-c", script, "sh", $"{Environment.ProcessId}", folder,
                .. Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. stop] : stop]);
    }

    // PostgreSQL refuses to run as root.
    private static Task RunAsServerAsync(string folder, string program, string[] arguments) => Environment.IsPrivilegedProcess
        ? RunAsync("runuser", ["-u", "postgres", "--", "env", "-C", folder, program, .. arguments])
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
