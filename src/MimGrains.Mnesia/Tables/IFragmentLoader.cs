using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

/// <summary>Makes the fragments of a table answer.</summary>
internal interface IFragmentLoader
{
    /// <summary>
    /// Completes when every fragment of a table has an owner somewhere in the cluster, and what is stored of it is in the copies of
    /// all live silos.
    /// </summary>
    /// <param name="definition">The table.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PersistentTableUnavailableException">It cannot be loaded now, such as when the database is away.</exception>
    Task LoadAsync(PersistentTableDefinition definition, CancellationToken cancellationToken);
}
