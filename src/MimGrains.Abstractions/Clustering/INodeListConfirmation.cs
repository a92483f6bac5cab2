namespace MimGrains.Clustering;

/// <summary>
/// Lets an operator confirm a list of nodes that shares no quorum with the one before. A service of silos that find each other
/// through a list; of no others. Thread-safe.
/// </summary>
public interface INodeListConfirmation
{
    /// <summary>
    /// Confirms the list as this node's file has it now, until this process ends or the file changes again; one silo is enough.
    /// A quorum of the old list must still be there and have the new one: nobody decides instead of it.
    /// </summary>
    /// <returns>The nodes of the confirmed list, in its order.</returns>
    /// <exception cref="InvalidOperationException">This node has no list.</exception>
    IReadOnlyList<string> Confirm();
}
