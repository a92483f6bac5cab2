using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Tables;
using CoreId = MimGrains.Core.Transactions.TransactionId;

namespace MimGrains.Mnesia.Fragments;

/// <summary>What is asked of a fragment.</summary>
internal enum FragmentRequestKind
{
    /// <summary>One of <see cref="PlannedCallKind"/>.</summary>
    Planned = 0,

    /// <summary>Writes without a transaction.</summary>
    Write = 1,

    /// <summary>Reads without a transaction, what the fragment has applied.</summary>
    Read = 2,

    /// <summary>The transaction goes on: its locks stay.</summary>
    Renew = 3,

    /// <summary>
    /// Reads the next keys with their records behind the key of its only lock, without a transaction; for what is on disc only.
    /// </summary>
    Scan = 4,

    /// <summary>Some of the writes of a planned call that comes later: they are too many for one message.</summary>
    Part = 5,
}

/// <summary>A call to a fragment as it goes over the wire.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.fragment-request")]
internal sealed record FragmentRequest
{
    [Id(0)]
    public FragmentRequestKind Kind { get; init; }

    [Id(1)]
    public PlannedCallKind Planned { get; init; }

    [Id(2)]
    public string Coordinator { get; init; } = "";

    [Id(3)]
    public long Number { get; init; }

    [Id(4)]
    public long AgeMicros { get; init; }

    /// <summary>The first attempt is of the same coordinator.</summary>
    [Id(5)]
    public long AgeNumber { get; init; }

    [Id(6)]
    public long Epoch { get; init; }

    [Id(7)]
    public bool HasLocks { get; init; }

    [Id(8)]
    public bool IsPatient { get; init; }

    /// <summary>The first transaction of the coordinator that is not finished.</summary>
    [Id(9)]
    public long FirstOpen { get; init; }

    [Id(10)]
    public WireLock[] Locks { get; init; } = [];

    [Id(11)]
    public WireWrite[] Writes { get; init; } = [];

    [Id(12)]
    public WireFragment Decider { get; init; }

    [Id(13)]
    public WireFragment[] Participants { get; init; } = [];

    [Id(14)]
    public bool IsCommitted { get; init; }

    /// <summary>Whether the answer waits until all live silos have applied the writes.</summary>
    [Id(15)]
    public bool IsSync { get; init; }

    /// <summary>The silo that asks; it need not be the coordinator.</summary>
    [Id(16)]
    public string Sender { get; init; } = "";

    /// <summary>Of a part: how many came before. Of a planned call: how many parts its other writes are in.</summary>
    [Id(17)]
    public int Parts { get; init; }

    /// <summary>Of keys and records of the writes.</summary>
    public long WriteBytes => Writes.Sum(write => (long)write.Key.Length + write.Record.Length);

    /// <summary>Whether anybody waits for what comes of it.</summary>
    public bool HasAnswer => Kind switch
    {
        FragmentRequestKind.Renew => false,
        FragmentRequestKind.Planned => Planned is not (PlannedCallKind.Release or PlannedCallKind.Acknowledge),
        _ => true,
    };

    public CoreId Id => new(new ReplicaId(Coordinator), Number);

    public TransactionAge Age => new(AgeMicros, new CoreId(new ReplicaId(Coordinator), AgeNumber));

    public static FragmentRequest Of(PlannedCall call, string sender, long firstOpen, bool isSync) => new()
    {
        Sender = sender,
        Kind = FragmentRequestKind.Planned,
        Planned = call.Kind,
        Coordinator = call.Id.Coordinator.Value,
        Number = call.Id.Number,
        AgeMicros = call.Age.StartMicros,
        AgeNumber = call.Age.First.Number,
        Epoch = call.Epoch,
        HasLocks = call.HasLocks,
        IsPatient = call.IsPatient,
        FirstOpen = firstOpen,
        Locks = [.. call.Locks.Select(wish => new WireLock(wish.Key?.Bytes.ToArray(), wish.Mode))],
        Writes = WireWrite.Of(call.Writes),
        Decider = WireFragment.Of(call.Decider),
        Participants = [.. call.Participants.Select(WireFragment.Of)],
        IsCommitted = call.IsCommitted,
        IsSync = isSync,
    };

    /// <summary>Returns requests with the same writes, in this order, none of which is much larger than the size.</summary>
    public IReadOnlyList<FragmentRequest> Split(int sizeBytes)
    {
        List<FragmentRequest> parts = [];
        var (start, size) = (0, 0L);
        for (var index = 0; index < Writes.Length; index++)
        {
            size += Writes[index].Key.Length + Writes[index].Record.Length;
            if (size >= sizeBytes && index + 1 < Writes.Length)
            {
                parts.Add(new FragmentRequest
                {
                    Kind = FragmentRequestKind.Part,
                    Coordinator = Coordinator,
                    Number = Number,
                    Sender = Sender,
                    Writes = Writes[start..(index + 1)],
                    Parts = parts.Count,
                });
                (start, size) = (index + 1, 0);
            }
        }

        return [.. parts, this with { Writes = Writes[start..], Parts = parts.Count }];
    }

    public FragmentCall ToCall(long call, long nowMs) => new(call, Id, Age, Epoch, HasLocks, IsPatient, nowMs);
}

/// <summary>A lock that is wanted; no key means the whole slice.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.fragment-lock")]
internal readonly record struct WireLock([property: Id(0)] byte[]? Key, [property: Id(1)] LockMode Mode)
{
    public LockWish ToWish() => Key is null ? LockWish.OfSlice(Mode) : LockWish.OfRecord(Key, Mode);
}

/// <summary>A write.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.fragment-write")]
internal readonly record struct WireWrite(
    [property: Id(0)] WriteKind Kind, [property: Id(1)] byte[] Key, [property: Id(2)] byte[] Record)
{
    public static WireWrite[] Of(IReadOnlyList<FragmentWrite> writes) =>
        [.. writes.Select(write => new WireWrite(write.Kind, write.Key.ToArray(), write.Record.ToArray()))];

    public FragmentWrite ToWrite() => new(Kind, Key, Record);
}

/// <summary>Names a fragment; no table for none.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.fragment-id")]
internal readonly record struct WireFragment([property: Id(0)] string? Table, [property: Id(1)] int Index)
{
    public static WireFragment Of(FragmentId id) => new(id.Table, id.Index);

    public FragmentId ToId() => new(Table ?? "", Index);
}

/// <summary>What a fragment answers.</summary>
/// <param name="Kind">The answer.</param>
/// <param name="Epoch">Of the activation.</param>
/// <param name="Detail">For people.</param>
/// <param name="Records">
/// For each lock on a record: its records; null for one on the slice. Of a scan: for each key the key and its records; none at the
/// end.
/// </param>
/// <param name="Token">For a lock on the slice: what a copy must have applied to be read instead.</param>
/// <param name="Ticket">Not 0: the call waits for locks, and its answer is to be asked for with this number.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.fragment-reply")]
internal sealed record FragmentReply(
    [property: Id(0)] AnswerKind Kind,
    [property: Id(1)] long Epoch,
    [property: Id(2)] string Detail,
    [property: Id(3)] byte[][]?[] Records,
    [property: Id(4)] WriteToken Token,
    [property: Id(5)] long Ticket = 0);
