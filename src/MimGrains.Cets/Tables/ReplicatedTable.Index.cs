using System.Collections.Immutable;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

// Index kept from now on -> the records that were there, some at a time -> look-ups allowed.
internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    // Those that look-ups may use. Replaced, never changed.
    private ImmutableList<TableIndex<TKey, TRecord>> _indexes;

    /// <summary>Adds a secondary index to this silo's replica while reads and writes go on.</summary>
    /// <exception cref="ArgumentException">There is one of that name, or it is being added.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up: the index is not there.</exception>
    public async Task AddIndexAsync(TableIndex<TKey, TRecord> index, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(index);
        Func<int, bool> fill;
        lock (Gate)
        {
            fill = _replica.AddIndex(index.Accept(new IndexSchemas<TKey, TRecord>()));
        }

        try
        {
            while (Fill(fill))
            {
                cancellationToken.ThrowIfCancellationRequested();

                // Writers who wait for the lock go first.
                await Task.Yield();
            }
        }
        catch
        {
            Drop(index.Name);
            throw;
        }

        ImmutableInterlocked.Update(ref _indexes, indexes => indexes.Add(index));
    }

    /// <summary>Drops a secondary index from this silo's replica.</summary>
    /// <returns>Whether there was one of that name.</returns>
    public bool DropIndex(string name)
    {
        ImmutableInterlocked.Update(ref _indexes, indexes => indexes.RemoveAll(index => index.Name == name));
        return Drop(name);
    }

    private bool Fill(Func<int, bool> fill)
    {
        lock (Gate)
        {
            return fill(RecordsPerTurn);
        }
    }

    private bool Drop(string name)
    {
        lock (Gate)
        {
            return _replica.DropIndex(name);
        }
    }
}
