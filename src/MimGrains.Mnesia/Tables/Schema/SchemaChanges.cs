using MimGrains.Cets;
using MimGrains.Cets.Membership;
using MimGrains.Cets.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using Microsoft.Extensions.Options;

namespace MimGrains.Mnesia.Tables;

/// <summary>Asks all silos for a change of the schema, and waits until they have made it. Thread-safe.</summary>
internal sealed class SchemaChanges(
    TableCatalog catalog, LiveSilos silos, ILocalSiloDetails self, IOptions<ReplicationOptions> options, TimeProvider time)
{
    private static readonly TimeSpan LookAgainPeriod = TimeSpan.FromMilliseconds(20);

    private IReplicatedTable<string, SchemaEntry> Schema => catalog.Get<string, SchemaEntry>(SchemaTables.Schema.Name);

    private IReplicatedTable<SchemaMark, SchemaResult> Marks => catalog.Get<SchemaMark, SchemaResult>(SchemaTables.Marks.Name);

    /// <summary>Returns what was added under a key; null for nothing.</summary>
    public SchemaEntry? Find(string key) => Schema.TryGet(key, out var entry) ? entry : null;

    /// <summary>Returns the indexes that were added to a table, ascending.</summary>
    public IReadOnlyList<string> IndexesOf(string table) =>
        [.. Schema.Dump().Select(entry => entry.Record).Where(entry => entry.Table == table).Select(entry => entry.Index).OfType<string>()];

    /// <summary>
    /// Adds an entry; an equal one that is there is no error. Returns when every live silo has done it.
    /// </summary>
    /// <exception cref="ArgumentException">There is another one with that key.</exception>
    /// <exception cref="PersistentTableUnavailableException">A silo could not do it, or has not in time.</exception>
    public async Task AddAsync(SchemaEntry entry, CancellationToken cancellationToken)
    {
        var (isNew, there) = await Schema.InsertNewOrLookupAsync(entry.Key, entry, cancellationToken);
        if (!isNew && !AreEqual(there, entry))
        {
            throw new ArgumentException($"Persistent table {entry.Table}: {entry.Key} is there already, and is another one.");
        }

        try
        {
            await WaitAsync(entry, isThere: true, cancellationToken);
        }
        catch (PersistentTableUnavailableException) when (isNew)
        {
            await Schema.DeleteAsync(entry.Key, CancellationToken.None);
            throw;
        }
    }

    /// <summary>
    /// Removes an entry; one that is not there is no error. Returns when no live silo has it any more.
    /// </summary>
    /// <exception cref="PersistentTableUnavailableException">A silo could not do it, or has not in time.</exception>
    public async Task RemoveAsync(SchemaEntry entry, CancellationToken cancellationToken)
    {
        await Schema.DeleteAsync(entry.Key, cancellationToken);
        await WaitAsync(entry, isThere: false, cancellationToken);
    }

    private async Task WaitAsync(SchemaEntry entry, bool isThere, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var live = silos.Others().Select(silo => silo.Value).Append(self.SiloAddress.ToParsableString());
            var marks = live.Select(silo => (
                Silo: silo, Result: Marks.TryGet(new SchemaMark(entry.Key, silo), out var result) ? result : null)).ToList();
            if (marks.Find(mark => mark.Result?.Problem is not null) is { Silo: not null } failed)
            {
                throw new PersistentTableUnavailableException(entry.Table, $"{failed.Silo} cannot change it: {failed.Result!.Problem}");
            }

            var missing = marks.Where(mark => mark.Result is not null != isThere).Select(mark => mark.Silo).ToList();
            if (missing.Count == 0)
            {
                return;
            }

            if (time.GetElapsedTime(started) > options.Value.WriteTimeout)
            {
                throw new PersistentTableUnavailableException(
                    entry.Table,
                    $"{string.Join(", ", missing)} did not change it within {options.Value.WriteTimeout.TotalMilliseconds:0} ms");
            }

            await Task.Delay(LookAgainPeriod, time, cancellationToken);
        }
    }

    private static bool AreEqual(SchemaEntry left, SchemaEntry right) =>
        left with { Properties = [] } == right with { Properties = [] } && left.Properties.SequenceEqual(right.Properties);
}
