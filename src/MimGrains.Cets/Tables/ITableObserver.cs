namespace MimGrains.Cets.Tables;

/// <summary>Is told what operators should know of the replicated tables of this silo. A service; there may be several. Must be quick.</summary>
internal interface ITableObserver
{
    /// <summary>The replicas of the live silos differ in so many keys; they are mended now.</summary>
    void OnReplicasDiffer(string table, int keys);

    /// <summary>So many records were mended.</summary>
    void OnReplicasMended(string table, int records);

    /// <summary>So much is on its way to silos that do not answer that writers wait. Told when it begins.</summary>
    void OnOverload(string table, long logBytes);
}
