using System.Threading.Channels;
using MimGrains.Cets.ChangeStreams;
using MimGrains.Core.Watch;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    // Needs the table's lock.
    private bool _isMarkDue;

    public override bool PublishesChanges => _definition.PublishesChanges;

    public override void MarkPublished()
    {
        lock (Gate)
        {
            _isMarkDue = true;
            Wake_NeedsGate();
        }
    }

    public override async Task PublishChangesAsync(
        Publication publication, ChannelWriter<IChangeBatch> output, CancellationToken cancellationToken)
    {
        await WaitUntilReadable(cancellationToken);
        BeginWatch();
        try
        {
            WatchPosition at;
            lock (Gate)
            {
                at = _replica.BeginWatch();
                _isMarkDue = true;
            }

            List<Change<TKey, TRecord>> changes = [];
            while (true)
            {
                var before = at;
                at = await ReadAsync(at, Options.EventsPerMessage, changes, endsWithMark: true, cancellationToken);
                if (changes.Count > 0)
                {
                    await output.WriteAsync(Batch(publication, [.. ToEvents(changes, before, at)]), cancellationToken);
                    changes.Clear();
                }

                if (TakeMark())
                {
                    await output.WriteAsync(Batch(publication, [Synced(at)]), cancellationToken);
                }
            }
        }
        finally
        {
            EndWatch();
        }
    }

    private bool TakeMark()
    {
        lock (Gate)
        {
            var isDue = _isMarkDue;
            _isMarkDue = false;
            return isDue;
        }
    }

    // The receiver numbers it.
    private static ChangeBatch<TKey, TRecord> Batch(Publication publication, TableEvent<TKey, TRecord>[] events) =>
        new(publication.Stream, 0, publication.Term, events) { Terms = publication.Terms };
}
