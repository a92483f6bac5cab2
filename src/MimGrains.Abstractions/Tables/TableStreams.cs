namespace MimGrains.Tables;

/// <summary>
/// Names the Orleans streams of changes: one for each table with <see cref="TableDefinition.PublishesChanges"/>, to be
/// subscribed to on any silo, as any stream, for events of type <see cref="TableEvent{TKey,TRecord}"/>.
/// </summary>
/// <remarks>
/// <para><b>Subscribe</b> with <c>[ImplicitStreamSubscription(TableStreams.NamespacePrefix + "places")]</c> on a grain class with
/// string keys: there is one such grain, and its key is the name of the table. Or explicitly:
/// <c>GetStreamProvider(TableStreams.ProviderName).GetStream&lt;TableEvent&lt;Player, Place&gt;&gt;(StreamId.Create(
/// TableStreams.NamespaceOf("places"), "places"))</c>; that needs, as with every provider of Orleans, a grain storage
/// <c>"PubSubStore"</c> on all silos.</para>
/// <para><b>What comes.</b> The oldest silo that holds the table tells what its replica applies: every change, with the old and
/// the new record, in that order, at least once; and <see cref="TableEventKind.OwnerLost"/>. Nothing is listed.</para>
/// <para><b>Gaps are told.</b> A new subscriber gets <see cref="TableEventKind.Synced"/> within about a second: from it on nothing
/// is missing. It comes again, to all, when something before it may be missing: another silo tells the changes now, as the one that
/// did has died or stopped; subscribers were slower for long; a delivery failed for a minute. And when somebody else subscribes.
/// What to do:
/// <c>await table.ReadAfterAsync(change.Token!.Value)</c>, then read the table; changes that come afterwards may be in what was
/// read already.</para>
/// <para><b>One after another.</b> Each publisher has a term, which all silos know before it begins (the replicated table
/// <c>mimgrains.publishers</c>), and each silo keeps from its grains what comes late from an earlier one: no grain is told a change
/// of an earlier publisher after anything of a later one. What the earlier one had not delivered by then is not told at all: the mark
/// with which the later one begins stands for it.</para>
/// <para><b>Who needs each silo's own view</b>, no repeats or the changes after a certain one uses
/// <see cref="IReplicatedTable{TKey,TRecord}.WatchAsync"/>.</para>
/// </remarks>
public static class TableStreams
{
    /// <summary>The name of the stream provider.</summary>
    public const string ProviderName = "mimgrains.changes";

    /// <summary>The namespace of a stream is this and the name of the table; its key is the name of the table.</summary>
    public const string NamespacePrefix = "mimgrains.changes.";

    /// <summary>Returns the namespace of a table's stream.</summary>
    public static string NamespaceOf(string table)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        return NamespacePrefix + table;
    }
}
