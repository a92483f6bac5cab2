using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tables;

/// <summary>Makes the fragments of a table answer.</summary>
internal interface IFragmentLoader
{
    /// <summary>
    /// Completes when every fragment of a table has an owner somewhere in the cluster, and what is stored of it is in
    /// the copies of
    /// all live silos.
    /// </summary>
    /// <param name="definition">The table.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PersistentTableUnavailableException">
    /// It cannot be loaded now, such as when the database is away.
    /// </exception>
    Task LoadAsync(PersistentTableDefinition definition, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when every fragment of a table has deleted all that it had, on all live silos. Not one step for all
    /// fragments: whoever
    /// wants that locks the table.
    /// </summary>
    /// <param name="definition">The table.</param>
    /// <param name="cancellationToken">Ends the wait; some fragments may be empty then.</param>
    /// <exception cref="PersistentTableUnavailableException">It cannot be done now.</exception>
    Task ClearAsync(PersistentTableDefinition definition, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when the fragments of a table have deleted all that they had, and stopped. Done again, it does
    /// nothing.
    /// </summary>
    /// <param name="definition">The table.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PersistentTableUnavailableException">It cannot be done now.</exception>
    Task DropAsync(PersistentTableDefinition definition, CancellationToken cancellationToken);
}
