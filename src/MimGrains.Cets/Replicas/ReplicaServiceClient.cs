using MimGrains.Core.Identity;
using Orleans.Runtime.Services;

namespace MimGrains.Cets.Replicas;

/// <summary>Reaches the replica service of another silo.</summary>
internal sealed class ReplicaServiceClient(IServiceProvider services) : GrainServiceClient<IReplicaService>(services)
{
    /// <exception cref="ArgumentException">That names no silo.</exception>
    public IReplicaService Of(string silo, string table)
    {
        try
        {
            return Of(new ReplicaId(silo));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new ArgumentException($"Table {table}: a silo is named as address:port@generation, not as {silo}.", nameof(silo), exception);
        }
    }

    public IReplicaService Of(SiloAddress silo) => GetGrainService(silo);

    public IReplicaService Of(ReplicaId silo) => GetGrainService(SiloAddress.FromParsableString(silo.Value));
}
