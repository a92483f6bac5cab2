namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Too few listed nodes answered in time to read or change the membership. Nothing is wrong with this node: silos go on
/// serving,
/// none can join or be declared dead. A change that was asked for may still come true.
/// </summary>
public sealed class NoQuorumException : Exception
{
    /// <summary>Creates the exception.</summary>
    public NoQuorumException(string message)
        : base(message)
    {
    }
}
