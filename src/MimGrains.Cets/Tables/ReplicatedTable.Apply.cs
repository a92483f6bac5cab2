using System.Buffers;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    /// <summary>
    /// Does several writes in one step, which may depend on what they find. When this returns they are applied here; the task
    /// completes when they are acknowledged. Pauses and the limit of the log do not count: see <see cref="WaitUntilWritableAsync"/>.
    /// </summary>
    /// <param name="state">Given to <paramref name="write"/>.</param>
    /// <param name="write">Called once, under the table's lock: must be quick, and must not throw after its first write.</param>
    /// <exception cref="TableUnavailableException">The table is not ready or closed; nothing was written.</exception>
    public Task ApplyAsync<TState>(TState state, Action<TState, Writer> write)
    {
        CommitGroup? group;
        lock (Gate)
        {
            ThrowIfClosed();
            if (!_replica.IsReady)
            {
                throw new TableUnavailableException(Name, "this silo has not joined it yet");
            }

            var writer = new Writer(this);
            write(state, writer);
            group = writer.Group;
        }

        return Done(group, CancellationToken.None);
    }

    /// <summary>So many records are about to come: makes room for them at once. Too many do no harm, but take room.</summary>
    public void Reserve(long records)
    {
        lock (Gate)
        {
            _replica.Reserve(records);
        }
    }

    /// <summary>Completes when the table takes writes of callers.</summary>
    /// <exception cref="TableUnavailableException">It does not, or not in time.</exception>
    public ValueTask WaitUntilWritableAsync(CancellationToken cancellationToken) =>
        MustWait ? new(WaitUntilWritable(cancellationToken)) : ValueTask.CompletedTask;

    /// <summary>Writes keys and records that are encoded already. Used under the table's lock.</summary>
    public sealed class Writer(ReplicatedTable<TKey, TRecord> table)
    {
        /// <summary>What the writes so far wait for; null for nothing.</summary>
        public CommitGroup? Group { get; private set; }

        /// <summary>Inserts or replaces a record. One for which an index function throws is left out of that index.</summary>
        public void Put(TKey key, TRecord record, ReadOnlySpan<byte> keyBytes, ReadOnlySpan<byte> recordBytes)
        {
            var body = Begin(keyBytes);
            body.Write(recordBytes);
            Enlist(table._replica.InsertUnchecked(key, record, body.WrittenSpan, table.NowMicros()));
        }

        /// <summary>Deletes a record, if it is there.</summary>
        public void Delete(TKey key, ReadOnlySpan<byte> keyBytes)
        {
            if (table._replica.TryGet(key, out _))
            {
                Enlist(table._replica.Delete(key, Begin(keyBytes).WrittenSpan, table.NowMicros()));
            }
        }

        private static ArrayBufferWriter<byte> Begin(ReadOnlySpan<byte> keyBytes)
        {
            var body = _writeBuffer ??= new ArrayBufferWriter<byte>(1_024);
            body.ResetWrittenCount();
            EncodedBody.WriteKey(keyBytes, body);
            return body;
        }

        private void Enlist(long sequence) => Group = table.EnlistWrite(sequence) ?? Group;
    }
}
