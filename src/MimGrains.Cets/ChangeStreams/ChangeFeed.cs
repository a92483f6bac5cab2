using System.Threading.Channels;
using MimGrains.Tables;
using Orleans.Streams;

namespace MimGrains.Cets.ChangeStreams;

/// <summary>
/// Between the tables of this silo and its pulling agent: what is published and not taken yet, and which tables have to mark a
/// new beginning. Thread-safe.
/// </summary>
internal sealed class ChangeFeed
{
    // The tables wait at the limit: what comes meanwhile is in their change logs.
    private const int QueuedBatchesMost = 16;

    private readonly Channel<IChangeBatch> _batches = Channel.CreateBounded<IChangeBatch>(
        new BoundedChannelOptions(QueuedBatchesMost) { SingleReader = true });

    public ChannelWriter<IChangeBatch> Writer => _batches.Writer;

    public ChannelReader<IChangeBatch> Reader => _batches.Reader;

    /// <summary>Told when subscribers of a table, by its name, may miss something, or a new one has come.</summary>
    public Action<string>? OnGap { get; set; }

    public static StreamId StreamOf(string table) => StreamId.Create(TableStreams.NamespaceOf(table), table);

    public void NoteGap(StreamId stream) => OnGap?.Invoke(stream.GetKeyAsString());
}
