namespace MimGrains.Clustering.NodeList;

/// <summary>
/// Keeps what this node has promised to the others, over restarts and power cuts. Calls come one at a time.
/// </summary>
internal interface IAcceptorStore
{
    /// <summary>Returns what was last saved.</summary>
    /// <exception cref="IOException">The folder cannot be used: waiting does not help.</exception>
    ValueTask<StoredState> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the state as a whole. When this completes, the state is on the disk: fsynced, and so is its name.</summary>
    /// <exception cref="IOException">It is not known whether it was saved: the node must not answer.</exception>
    ValueTask SaveAsync(ReadOnlyMemory<byte> state, CancellationToken cancellationToken);
}

/// <summary>What a store holds.</summary>
/// <param name="Bytes">The state as it was saved; null when there is none that can be trusted.</param>
/// <param name="IsLost">
/// Whether this node had a state before and it is gone or damaged. With null <paramref name="Bytes"/> and false the node is new.
/// A lost node may not help to found a cluster; it comes back when a quorum of the others admits it.
/// </param>
/// <param name="Problem">What is wrong with a state that was found, with its path; null otherwise.</param>
internal sealed record StoredState(ReadOnlyMemory<byte>? Bytes, bool IsLost, string? Problem);
