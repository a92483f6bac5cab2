using System.Data.Common;
using Microsoft.Data.Sqlite;
using MimGrains.Configuration;
using Npgsql;

namespace MimGrains.Clustering.Rdbms;

/// <summary>The table <c>discovery_nodes</c>: which nodes a cluster has, by the clock of the database.</summary>
/// <remarks>Follows <c>mongoose_cets_discovery_rdbms.erl</c> of MongooseIM: numbers from 1 on, rows that expire after an hour.</remarks>
internal sealed class DiscoveryNodes(RdbmsDatabase database, string clusterNamespace, string nodeName, string address)
{
    /// <summary>A node that has not said for so long that it is there is forgotten, and its number is free.</summary>
    public const int ExpirySeconds = 3_600;

    // Each round some node gets a number, so that as many rounds as nodes that start at once are enough.
    private const int MaxRounds = 1_000;

    private const int SqliteConstraint = 19;

    private string NowSeconds => database.Driver == RdbmsDriver.Sqlite
        ? "CAST(strftime('%s', 'now') AS INTEGER)"
        : "CAST(extract(epoch FROM now()) AS bigint)";

    /// <summary>Says that this node is there, and returns who else is.</summary>
    /// <returns>This node's number, all nodes ascending by number, and the names of those that were forgotten.</returns>
    public async Task<(int Number, IReadOnlyList<DiscoveredNode> Nodes, IReadOnlyList<string> Expired)> SyncAsync(
        CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            try
            {
                return await TrySyncAsync(cancellationToken);
            }
            catch (DbException exception) when (IsRace(exception) && round < MaxRounds)
            {
                // Another node has just taken the number, or both forgot the same nodes at once: look again.
            }
        }
    }

    private async Task<(int, IReadOnlyList<DiscoveredNode>, IReadOnlyList<string>)> TrySyncAsync(
        CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var transaction = connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: false)
            : await connection.BeginTransactionAsync(cancellationToken);

        // The own row first: from then on no other node can take it for expired.
        await TouchAsync(connection, transaction, cancellationToken);
        var expired = await ForgetExpiredAsync(connection, transaction, cancellationToken);
        var nodes = await ReadAsync(connection, transaction, cancellationToken);
        var own = nodes.FirstOrDefault(node => node.Name == nodeName);
        if (own is null)
        {
            own = new DiscoveredNode(nodeName, FirstFree(nodes), address);
            await JoinAsync(connection, transaction, own, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        var all = nodes.Where(node => node.Name != nodeName).Append(own with { Address = address }).OrderBy(node => node.Number);
        return (own.Number, [.. all], expired);
    }

    private static bool IsRace(DbException exception) =>
        exception is PostgresException
            {
                SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected,
            }
            or SqliteException { SqliteErrorCode: SqliteConstraint };

    private static int FirstFree(IReadOnlyList<DiscoveredNode> nodes)
    {
        var number = 1;
        foreach (var node in nodes)
        {
            if (node.Number == number)
            {
                number++;
            }
        }

        return number;
    }

    // A node never forgets itself: it is there.
    private async Task<IReadOnlyList<string>> ForgetExpiredAsync(
        DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            transaction,
            "DELETE FROM discovery_nodes WHERE cluster_name = @cluster AND node_name <> @node " +
            $"AND updated_timestamp < {NowSeconds} - {ExpirySeconds} RETURNING node_name");
        List<string> names = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private async Task<IReadOnlyList<DiscoveredNode>> ReadAsync(
        DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            transaction,
            "SELECT node_name, node_num, address FROM discovery_nodes WHERE cluster_name = @cluster ORDER BY node_num");
        List<DiscoveredNode> nodes = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            nodes.Add(new DiscoveredNode(reader.GetString(0), reader.GetInt32(1), reader.GetString(2)));
        }

        return nodes;
    }

    private async Task TouchAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = Command(
            connection,
            transaction,
            $"UPDATE discovery_nodes SET updated_timestamp = {NowSeconds}, address = @address " +
            "WHERE cluster_name = @cluster AND node_name = @node");
        command.Add("@address", address);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A node is in one cluster: the row that it had in another one goes.
    private async Task JoinAsync(
        DbConnection connection, DbTransaction transaction, DiscoveredNode own, CancellationToken cancellationToken)
    {
        await using var leave = Command(
            connection, transaction, "DELETE FROM discovery_nodes WHERE node_name = @node AND cluster_name <> @cluster");
        await leave.ExecuteNonQueryAsync(cancellationToken);
        await using var join = Command(
            connection,
            transaction,
            "INSERT INTO discovery_nodes (cluster_name, node_name, node_num, address, updated_timestamp) " +
            $"VALUES (@cluster, @node, @number, @address, {NowSeconds})");
        join.Add("@number", own.Number).Add("@address", own.Address);
        await join.ExecuteNonQueryAsync(cancellationToken);
    }

    // The texts are this file's own; what comes from outside is a parameter.
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Security", "CA2100:Review SQL queries for security vulnerabilities", Justification = "No text of users gets in.")]
    private DbCommand Command(DbConnection connection, DbTransaction transaction, string text)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        return command.Add("@cluster", clusterNamespace).Add("@node", nodeName);
    }
}
