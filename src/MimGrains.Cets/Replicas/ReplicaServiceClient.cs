using MimGrains.Core.Identity;
using Orleans.Runtime.Services;

namespace MimGrains.Cets.Replicas;

/// <summary>Reaches the replica service of another silo.</summary>
internal sealed class ReplicaServiceClient(IServiceProvider services) : GrainServiceClient<IReplicaService>(services)
{
    public IReplicaService Of(ReplicaId silo) => GetGrainService(SiloAddress.FromParsableString(silo.Value));
}
