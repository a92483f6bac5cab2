using System.CommandLine;
using System.Globalization;
using MimGrains.Sessions;
using Spectre.Console.Rendering;

namespace MimGrains.Cli.Commands;

/// <summary><c>mimctl session</c>: who is connected where.</summary>
internal static class SessionCommands
{
    private const int PageSize = 1_000;

    public static Command Make() => new("session", "The sessions.") { MakeCount(), MakeList(), MakeShow(), MakeKick() };

    private static Command MakeCount()
    {
        var command = new Command("count", "Counts sessions, users, and the sessions of each silo.");
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                var counts = new
                {
                    Sessions = await connection.Sessions.CountAsync(cancellation),
                    Users = await connection.Sessions.CountUniqueUsersAsync(cancellation),
                    Silos = await connection.Sessions.CountBySiloAsync(cancellation),
                };
                connection.Output.Write(counts, all => Output.Table(
                    ["", "sessions"],
                    all.Silos.Select(silo => new[] { silo.Key, $"{silo.Value}" })
                        .Append(["all", $"{all.Sessions}"]).Append(["users with a session", $"{all.Users}"])));
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeList()
    {
        var server = new Argument<string>("server") { Description = "The domain." };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => PageSize };
        var command = new Command("list", "Lists the sessions of a server, ascending.") { server, limit };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                var found = await ListAsync(connection.Sessions, parsed.GetValue(server)!, parsed.GetValue(limit), cancellation);
                connection.Output.Write(found.Select(Row).ToArray(), Show);
                return ExitCode.Done;
            },
            token));
        return command;
    }

    private static Command MakeShow()
    {
        var jid = new Argument<string>("jid") { Description = "user@server, or user@server/resource." };
        var command = new Command("show", "Shows the sessions of a user, or of one resource. Exit code 3 if there is none.") { jid };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                var found = await FindAsync(connection.Sessions, JidArgument.Parse(parsed.GetValue(jid)!), cancellation);
                connection.Output.Write(found.Select(Row).ToArray(), Show);
                return found.Count > 0 ? ExitCode.Done : ExitCode.Found;
            },
            token));
        return command;
    }

    private static Command MakeKick()
    {
        var jid = new Argument<string>("jid") { Description = "user@server, or user@server/resource." };
        var reason = new Option<string>("--reason")
        {
            Description = "Is told to the connections.",
            DefaultValueFactory = _ => "",
        };
        var command = new Command("kick", "Ends the sessions of a user, or of one resource. Exit code 3 if there is none.") { jid, reason };
        command.SetAction((parsed, token) => Connection.RunAsync(
            parsed,
            async (connection, cancellation) =>
            {
                List<Session> ended = [];
                foreach (var session in await FindAsync(connection.Sessions, JidArgument.Parse(parsed.GetValue(jid)!), cancellation))
                {
                    if (await connection.Sessions.KickAsync(session.Key, parsed.GetValue(reason)!, cancellation))
                    {
                        ended.Add(session);
                    }
                }

                connection.Output.Write(ended.Select(Row).ToArray(), Show);
                return ended.Count > 0 ? ExitCode.Done : ExitCode.Found;
            },
            token));
        return command;
    }

    private static async Task<IReadOnlyList<Session>> ListAsync(
        ISessionManager sessions, string server, int limit, CancellationToken cancellationToken)
    {
        List<Session> found = [];
        while (found.Count < limit)
        {
            var page = await sessions.GetServerSessionsAsync(
                server, found is [] ? null : found[^1].Key, Math.Min(PageSize, limit - found.Count), cancellationToken);
            found.AddRange(page);
            if (page.Count < PageSize)
            {
                break;
            }
        }

        return found;
    }

    private static async Task<IReadOnlyList<Session>> FindAsync(
        ISessionManager sessions, JidArgument jid, CancellationToken cancellationToken) => jid.Resource is { } resource
            ? await sessions.GetFullJidSessionsAsync(jid.Server, jid.User, resource, cancellationToken)
            : await sessions.GetUserSessionsAsync(jid.Server, jid.User, cancellationToken);

    private static SessionRow Row(Session session) => new(
        $"{session.Key.User}@{session.Key.Server}/{session.Key.Resource}",
        session.Key.Id.Silo,
        session.Record.Priority,
        session.Record.Address,
        session.Record.Port,
        session.Record.Connection);

    private static IRenderable Show(SessionRow[] rows) => Output.Table(
        ["jid", "silo", "priority", "address", "connection"],
        rows.Select(row => new[]
        {
            row.Jid,
            row.Silo,
            row.Priority?.ToString(CultureInfo.InvariantCulture) ?? "-",
            row.Address.Length == 0 ? "-" : $"{row.Address}:{row.Port}",
            $"{row.Connection}",
        }));

    private sealed record SessionRow(
        string Jid, string Silo, int? Priority, string Address, int Port, ConnectionType Connection);
}
