using System.Buffers;
using System.Buffers.Binary;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

/// <summary>Keys are numbers, prefixes are their tens, records are strings.</summary>
internal static class Sample
{
    public static TableSchema<int, string> Schema { get; } = new()
    {
        Order = Comparer<int>.Default,
        PrefixIndex = (typeof(Tens), key => new Tens(key / 10).GetHashCode()),
    };

    public static ReplicaId A { get; } = new("a");

    public static ReplicaId B { get; } = new("b");

    public static ReplicaId C { get; } = new("c");

    public static TableReplica<int, string> Replica(ReplicaId id, bool keepsAll = false) => new(
        id,
        new TableSchema<int, string> { Order = Schema.Order, PrefixIndex = Schema.PrefixIndex, KeepWhenOwnerDies = keepsAll },
        new SampleCodec());

    public static TableReplica<int, string> First(ReplicaId id, bool keepsAll = false)
    {
        var replica = Replica(id, keepsAll);
        replica.BecomeReady();
        return replica;
    }

    public static long Insert(this TableReplica<int, string> replica, int key, string record, long nowMicros) =>
        replica.Insert(key, record, SampleCodec.Bytes(key, record), nowMicros);

    public static long Delete(this TableReplica<int, string> replica, int key, long nowMicros) =>
        replica.Delete(key, SampleCodec.Bytes(key, null), nowMicros);

    /// <summary>Says hello, and takes the answer.</summary>
    public static void Greet(this TableReplica<int, string> joining, TableReplica<int, string> member, long attempt = 1) =>
        joining.OnHelloReply(member.Self, member.Hello(joining.Self, attempt, joining.DeadReplicas)!);

    /// <summary>Takes a whole dump.</summary>
    public static void TakeDump(this TableReplica<int, string> joining, TableReplica<int, string> giver)
    {
        var reader = giver.BeginDump(joining.RequestDump())!;
        joining.OnDumpHeader(reader.Header);
        joining.TakeChunks(reader);
    }

    public static void TakeChunks(this TableReplica<int, string> joining, DumpReader reader)
    {
        while (!joining.IsReady)
        {
            joining.OnDumpChunk(reader.Next(maxRecords: 3, maxBytes: 1_000));
        }
    }

    public static TableReplica<int, string> Join(ReplicaId id, TableReplica<int, string> giver,
        bool keepsAll = false, params TableReplica<int, string>[] others)
    {
        var joining = Replica(id, keepsAll);
        foreach (var member in others.Append(giver))
        {
            joining.Greet(member);
        }

        joining.TakeDump(giver);
        return joining;
    }

    /// <summary>Delivers what <paramref name="from"/> has for <paramref name="to"/>, and the answer.</summary>
    public static void Deliver(TableReplica<int, string> from, TableReplica<int, string> to)
    {
        while (from.TakeBatch(to.Self, 1_000) is { } batch)
        {
            Assert.Equal(ReceiveOutcome.Applied, to.Receive(batch));
            from.OnDelivered(to.Self, batch);
        }
    }

    /// <summary>Tells every one the clock and the stability of every other.</summary>
    public static void Beat(long nowMicros, params TableReplica<int, string>[] replicas)
    {
        foreach (var from in replicas)
        {
            foreach (var to in replicas.Where(to => to != from))
            {
                if (from.TakeHeartbeat(to.Self, nowMicros) is { } heartbeat)
                {
                    to.Receive(heartbeat);
                }
            }
        }
    }

    /// <summary>Asks for everything that must be levelled, until nothing is asked any more.</summary>
    public static void LevelAll(params TableReplica<int, string>[] replicas)
    {
        foreach (var replica in replicas)
        {
            foreach (var (survivor, dead, after) in replica.LevelRequests())
            {
                replica.OnLevelReply(survivor, dead, replicas.Single(other => other.Self == survivor).Level(dead, after));
            }
        }
    }

    public static string? Get(this TableReplica<int, string> replica, int key) =>
        replica.TryGet(key, out var record) ? record : null;
}

internal readonly record struct Tens(int Value) : IComparable<int>
{
    public int CompareTo(int other) => Value.CompareTo(other / 10);

    public override int GetHashCode() => Value;
}

internal readonly struct SelectKey : IEntrySelector<int, string, int>
{
    public static int Select(int key, string record) => key;
}

internal sealed class SampleCodec : IOperationCodec<int, string>
{
    public static byte[] Bytes(int key, string? record)
    {
        var output = new ArrayBufferWriter<byte>();
        new SampleCodec().Encode(key, record, output);
        return output.WrittenMemory.ToArray();
    }

    public void Encode(int key, string? record, IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), key);
        output.Advance(4);
        output.Write(System.Text.Encoding.UTF8.GetBytes(record ?? ""));
    }

    public void Decode(ReadOnlyMemory<byte> body, bool isDelete, out int key, out string? record)
    {
        key = BinaryPrimitives.ReadInt32LittleEndian(body.Span);
        record = isDelete ? null : System.Text.Encoding.UTF8.GetString(body.Span[4..]);
    }
}
