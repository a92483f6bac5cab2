using MimGrains.Backends;

namespace MimGrains.Clustering.Rdbms;

/// <summary>Keeps the id of the cluster in the database: of those that are offered at once the first counts.</summary>
internal sealed class ClusterIdTable(RdbmsDatabase database, string clusterName) : IClusterIdStore
{
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM cluster_id WHERE cluster_name = @cluster";
        command.Add("@cluster", clusterName);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    public async Task<string> AddAsync(string id, CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenAsync(cancellationToken))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO cluster_id (cluster_name, id) VALUES (@cluster, @id) ON CONFLICT DO NOTHING";
            command.Add("@cluster", clusterName).Add("@id", id);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return await ReadAsync(cancellationToken)
            ?? throw new InvalidOperationException($"{database.Display} lost the id of cluster {clusterName} just after it was written.");
    }
}
