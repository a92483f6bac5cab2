using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cets.Replicas;
using MimGrains.Core.Identity;
using MimGrains.Tables;

namespace MimGrains.Cets.Tables;

internal sealed partial class ReplicatedTable<TKey, TRecord>
{
    private const int SampleRecords = 64;

    // What an entry costs beside its key and record: itself, its places in the hash and in the ordered index.
    private const int EntryBytes = 150;
    private const int IndexedBytes = 100;

    public async IAsyncEnumerable<TableEntry<TKey, TRecord>> DumpAsync(
        string silo, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silo);
        if (silo == _replica.Self.Value)
        {
            foreach (var entry in Dump())
            {
                yield return entry;
            }

            yield break;
        }

        var service = Services.GetRequiredService<ReplicaServiceClient>().Of(silo, Name);
        var read = await Asking(silo, service.BeginRead(Name), cancellationToken)
            ?? throw new TableUnavailableException(Name, $"{silo} does not hold it");
        for (var isLast = false; !isLast;)
        {
            var chunk = await Asking(silo, service.NextRead(read), cancellationToken)
                ?? throw new TableUnavailableException(Name, $"{silo} does not know of this read any more: it was idle for too long");
            foreach (var entry in Decode(chunk))
            {
                yield return entry;
            }

            isLast = chunk.IsLast;
        }
    }

    public override IEnumerable<ReadOnlyMemory<byte>> CaptureEncoded() => Encode(Capture().All());

    public override long EstimateMemory()
    {
        var view = Capture();
        var sampled = Encode(view.All()).Take(SampleRecords).Select(body => body.Length).ToList();
        if (sampled.Count == 0)
        {
            return 0;
        }

        // Objects take about twice as much as their encoded form.
        return view.Count * (long)((2 * sampled.Average()) + EntryBytes + (IndexedBytes * _definition.Indexes.Count));
    }

    private async Task<TResult> Asking<TResult>(string silo, Task<TResult> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new TableUnavailableException(Name, $"{silo} does not answer: {exception.Message}");
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Encode(IEnumerable<KeyValuePair<TKey, TRecord>> records)
    {
        var body = new ArrayBufferWriter<byte>();
        foreach (var (key, record) in records)
        {
            body.ResetWrittenCount();
            _codec.Encode(key, record, body);
            yield return body.WrittenMemory;
        }
    }

    private IEnumerable<TableEntry<TKey, TRecord>> Decode(WireDumpChunk chunk)
    {
        var rest = chunk.ToChunk().Bytes;
        for (var i = 0; i < chunk.Count; i++)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            _codec.Decode(rest.Slice(sizeof(int), size), isDelete: false, out var key, out var record);
            rest = rest[(sizeof(int) + size)..];
            yield return new(key, record!);
        }
    }

    public override string NodeDownHandlerName => _definition.OnNodeDown is { } handler
        ? $"{handler.Method.DeclaringType?.FullName}.{handler.Method.Name}"
        : "none";

    protected override Func<CancellationToken, Task>? PrepareNodeDown_NeedsGate(ReplicaId dead)
    {
        if (_definition.OnNodeDown is not { } handler)
        {
            return null;
        }

        var owned = _replica.CaptureOwnedBy(dead);
        return cancellationToken => handler(
            new NodeDownEvent<TKey, TRecord>(
                this, dead.Value, new RecordsOnDemand<TKey, TRecord>(() => [.. Entries(owned)]), Services),
            cancellationToken);
    }

    /// <summary>Deletes what belongs to this silo, although no caller may write any more.</summary>
    public override void DeleteOwned()
    {
        var body = new ArrayBufferWriter<byte>();
        IEnumerable<KeyValuePair<TKey, TRecord>> owned;
        lock (Gate)
        {
            owned = _replica.CaptureOwnedBy(_replica.Self);
        }

        foreach (var turn in owned.Chunk(RecordsPerTurn))
        {
            lock (Gate)
            {
                foreach (var (key, _) in turn)
                {
                    body.ResetWrittenCount();
                    _codec.Encode(key, null, body);
                    Write_NeedsGate(key, null, body.WrittenSpan);
                }
            }
        }

        _carrier.Signal();
    }
}
