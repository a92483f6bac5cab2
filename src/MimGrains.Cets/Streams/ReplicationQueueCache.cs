using System.Diagnostics.CodeAnalysis;
using MimGrains.Core.Identity;
using Orleans.Streams;

namespace MimGrains.Cets.Streams;

/// <summary>Caches nothing: what is to be delivered is in the tables' logs, and each cursor takes it from there.</summary>
internal sealed class ReplicationQueueCache(ReplicationCarrier carrier) : IQueueCache
{
    public int GetMaxAddCount() => 1_024;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        // The containers only wake their streams.
    }

    public bool TryPurgeFromCache([MaybeNullWhen(false)] out IList<IBatchContainer> purgedItems)
    {
        purgedItems = null;
        return false;
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
        new Cursor(carrier, ReplicationStream.TargetOf(streamId));

    public bool IsUnderPressure() => false;

    /// <summary>Moving on after a delivery is its acknowledgement, unless a failure was recorded before.</summary>
    private sealed class Cursor(ReplicationCarrier carrier, ReplicaId target) : IQueueCacheCursor
    {
        private PeerLink? _link;
        private ReplicationBatchContainer? _current;

        public IBatchContainer? GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current;
        }

        public bool MoveNext()
        {
            if (_current is not null)
            {
                _link!.OnDelivered();
            }

            _link = carrier.Find(target);
            _current = _link?.Take(carrier.Tables);
            return _current is not null;
        }

        public void Refresh(StreamSequenceToken token)
        {
            // What is next is asked of the tables every time.
        }

        public void RecordDeliveryFailure() => Fail();

        public void Dispose() => Fail();

        private void Fail()
        {
            if (_current is not null)
            {
                _link!.OnFailed();
                _current = null;
            }
        }
    }
}
