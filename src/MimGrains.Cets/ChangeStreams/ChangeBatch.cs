using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace MimGrains.Cets.ChangeStreams;

/// <summary>Changes of one table that are delivered together.</summary>
internal interface IChangeBatch : IBatchContainer
{
    /// <summary>The terms as the silo knows them where the batch is.</summary>
    PublisherTerms? Terms { get; set; }

    /// <summary>Returns the batch with its place in the queue: they only grow.</summary>
    IChangeBatch Numbered(long number);
}

/// <inheritdoc/>
/// <param name="streamId">The stream of the table.</param>
/// <param name="number">The place in the queue of the silo that publishes it.</param>
/// <param name="term">The term of its publisher.</param>
/// <param name="events">At least one.</param>
[GenerateSerializer, Immutable, SerializationCallbacks(typeof(ChangeBatchHooks)), Alias("mimgrains.change-batch`2")]
internal sealed class ChangeBatch<TKey, TRecord>(StreamId streamId, long number, long term, TableEvent<TKey, TRecord>[] events) : IChangeBatch
    where TKey : notnull
    where TRecord : class
{
    [NonSerialized]
    private PublisherTerms? _terms;

    [Id(0)]
    public StreamId StreamId { get; } = streamId;

    [Id(1)]
    public long Number { get; } = number;

    [Id(2)]
    public TableEvent<TKey, TRecord>[] Events { get; } = events;

    [Id(3)]
    public long Term { get; } = term;

    public PublisherTerms? Terms
    {
        get => _terms;
        set => _terms = value;
    }

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Number);

    public IChangeBatch Numbered(long number) => new ChangeBatch<TKey, TRecord>(StreamId, number, Term, Events) { Terms = Terms };

    /// <summary>Returns the events, on the silo of a subscriber: none from the moment on in which a later publisher is known there.</summary>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        var terms = Terms ?? throw new InvalidOperationException("A batch of changes can only be read on a silo with replicated tables.");
        var table = StreamId.GetKeyAsString();
        for (var index = 0; index < Events.Length && terms.Admits(table, Term); index++)
        {
            if (Events[index] is T change)
            {
                yield return Tuple.Create<T, StreamSequenceToken>(change, new EventSequenceTokenV2(Number, index));
            }
        }
    }

    public bool ImportRequestContext() => false;
}

/// <summary>Gives a batch that has come from another silo the terms that are known here.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Orleans' generated code calls all six on an instance.")]
internal sealed class ChangeBatchHooks(IServiceProvider services)
{
    public void OnSerializing(IChangeBatch batch) => _ = batch;

    public void OnSerialized(IChangeBatch batch) => _ = batch;

    public void OnDeserializing(IChangeBatch batch) => _ = batch;

    public void OnDeserialized(IChangeBatch batch) => batch.Terms = services.GetRequiredService<PublisherTerms>();

    public void OnCopying(IChangeBatch original, IChangeBatch copy) => copy.Terms = original.Terms;

    public void OnCopied(IChangeBatch original, IChangeBatch copy) => copy.Terms = original.Terms;
}
