using System.Collections.Concurrent;
using MimGrains.Cets.Tables;
using MimGrains.Tables;

namespace MimGrains.Cets.ChangeStreams;

// a silo is to publish -> reads the last term -> the leader sets the next one, if it still is the last -> every live silo has
// it -> the silo publishes, each batch with its term -> the silo of a subscriber drops batches of lesser terms.
//
// Invariant: nothing of a term is published before every live silo knows it. So no grain sees a change of an earlier publisher
// after one of a later publisher, whichever silo the grain is on, and however long a delivery was under way.

/// <summary>Who publishes the changes of each table, by terms that only grow. Thread-safe.</summary>
internal sealed class PublisherTerms(TableCatalog catalog, ILocalSiloDetails self)
{
    /// <summary>The table that holds the last term of each table whose changes are published.</summary>
    public const string TableName = "mimgrains.publishers";

    // Of batches that came to this silo: a silo that is about to stop may not be told of new terms any more.
    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);

    /// <summary>The definition of that table.</summary>
    public static TableDefinition<string, PublisherTerm> Definition { get; } = new(TableName) { NodeDown = NodeDownRule.Keep };

    private ReplicatedTable<string, PublisherTerm> Terms => (ReplicatedTable<string, PublisherTerm>)catalog.Find(TableName)!;

    /// <summary>Makes this silo the publisher of a table: completes with its term when every live silo knows it.</summary>
    /// <exception cref="LeaderUnansweredException">It could not be agreed on in time.</exception>
    /// <exception cref="TableUnavailableException">This silo is stopping, or has not joined the table of terms in time.</exception>
    public async Task<long> TakeAsync(string table, CancellationToken cancellationToken)
    {
        await Terms.WaitForReadyAsync(cancellationToken);
        while (true)
        {
            // Each further round has seen that another silo took a term.
            var isFound = Terms.TryGet(table, out var last, out var version);
            var next = new PublisherTerm((last?.Number ?? 0) + 1, self.SiloAddress.ToParsableString());
            if (await (isFound
                ? Terms.CompareAndSetAsync(table, version, next, cancellationToken)
                : Terms.InsertNewAsync(table, next, cancellationToken)))
            {
                return next.Number;
            }
        }
    }

    /// <summary>Whether no later publisher is known than that of a term.</summary>
    public bool IsLast(string table, long term) =>
        (!Terms.TryGet(table, out var last) || last.Number <= term) && (!_seen.TryGetValue(table, out var seen) || seen <= term);

    /// <summary>Whether subscribers on this silo may see what was published in a term; if so, nothing of lesser ones any more.</summary>
    /// <exception cref="TableUnavailableException">This silo has not joined the table of terms yet: to be delivered again.</exception>
    public bool Admits(string table, long term)
    {
        if (!Terms.Replica.IsReady)
        {
            throw new TableUnavailableException(
                TableName, $"{self.SiloAddress} has not joined it yet: it cannot tell who publishes the changes of {table}");
        }

        if (!IsLast(table, term))
        {
            return false;
        }

        if (!_seen.TryGetValue(table, out var seen) || seen < term)
        {
            _seen.AddOrUpdate(table, term, (_, other) => Math.Max(other, term));
        }

        return true;
    }
}

/// <summary>The last publisher of a table.</summary>
/// <param name="Number">Its term: 1 for the first, and one more for each that follows.</param>
/// <param name="Silo">Where it runs.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.publisher-term")]
internal sealed record PublisherTerm([property: Id(0)] long Number, [property: Id(1)] string Silo);

/// <summary>What one publisher publishes.</summary>
/// <param name="Stream">The stream of its table.</param>
/// <param name="Term">Its term.</param>
/// <param name="Terms">Those of its silo.</param>
internal sealed record Publication(StreamId Stream, long Term, PublisherTerms Terms);
