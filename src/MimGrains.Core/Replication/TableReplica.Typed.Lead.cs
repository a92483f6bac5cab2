using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Store;

namespace MimGrains.Core.Replication;

/// <summary>An operation that a caller asks the leader for.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
public sealed class LeaderOperation<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns its id: however often it is asked for, it is decided once.</summary>
    public required OperationId Id { get; init; }

    /// <summary>Returns when it takes effect.</summary>
    public required LeaderCondition Condition { get; init; }

    /// <summary>Returns the key.</summary>
    public required TKey Key { get; init; }

    /// <summary>Returns the record to write; null to delete.</summary>
    public required TRecord? Record { get; init; }

    /// <summary>Returns key and record, encoded.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Returns the record that <see cref="LeaderCondition.Equal"/> is about.</summary>
    public TRecord? Expected { get; init; }

    /// <summary>Returns the write that <see cref="LeaderCondition.Version"/> is about.</summary>
    public Dot ExpectedWrite { get; init; }

    /// <summary>Returns whether the caller wants the record that it lost to.</summary>
    public bool WantsFound { get; init; }
}

public sealed partial class TableReplica<TKey, TRecord>
{
    /// <summary>Decides an operation, once: an operation that was decided before, here or by an earlier leader, is not done again.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="firstOpen">The caller's first operation without an answer.</param>
    /// <param name="nowMicros">Wall clock, microseconds since 1970-01-01 UTC.</param>
    /// <exception cref="InvalidOperationException"><see cref="TableReplica.Lead"/> did not say <see cref="LeaderRole.Leading"/>.</exception>
    public LeaderDecision Decide(LeaderOperation<TKey, TRecord> operation, long firstOpen, long nowMicros)
    {
        ArgumentNullException.ThrowIfNull(operation);
        RequireLeading();
        NoteOpen(operation.Id.Caller, firstOpen);
        if (IsClosed(operation.Id))
        {
            return new LeaderDecision(DecisionVerdict.Refused, default, default);
        }

        if (DecisionOf(operation.Id) is not { } known)
        {
            known = DecideNow(operation, firstOpen, nowMicros);
            NoteDecision(operation.Id.Caller, known);
            EndWrite();
        }

        return new LeaderDecision(known.IsWon ? DecisionVerdict.Won : DecisionVerdict.Lost, known.Entry, known.Found);
    }

    /// <summary>Reads a record with the write that it comes from.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TRecord record, out Dot write)
    {
        var isFound = _store.TryGet(key, out record, out var stamp);
        write = isFound ? new Dot(Origins.IdOf(stamp.Origin), stamp.Sequence) : default;
        return isFound;
    }

    /// <summary>Decodes what a <see cref="LeaderDecision"/> has found.</summary>
    public TRecord Found(ReadOnlyMemory<byte> found)
    {
        _codec.Decode(found, isDelete: false, out _, out var record);
        return record!;
    }

    private KnownDecision DecideNow(LeaderOperation<TKey, TRecord> operation, long firstOpen, long nowMicros)
    {
        // Its caller has checked it: one that fails here all the same must not hold up those that are asked for with it.
        // A lost operation is written as well: that every replica takes it proves that none of them follows a later leader.
        var hasRecord = _store.TryGet(operation.Key, out var current, out var stamp);
        var isWon = operation.Condition switch
        {
            LeaderCondition.None => true,
            LeaderCondition.Absent => !hasRecord,
            LeaderCondition.Equal => hasRecord && AreEqual(operation.Key, current!, operation.Expected!),
            LeaderCondition.Version => hasRecord
                && operation.ExpectedWrite == new Dot(Origins.IdOf(stamp.Origin), stamp.Sequence),
            _ => throw new ArgumentException($"No such condition: {operation.Condition}.", nameof(operation)),
        };
        NoteWriteSize(operation.Body.Length);
        var time = StartWrite(nowMicros);
        if (!isWon)
        {
            var found = operation.WantsFound && hasRecord ? Encoded(operation.Key, current!) : default;
            var lost = AppendDecision(OperationKind.Lost, operation.Id, firstOpen, time, found.Span);
            return new KnownDecision(operation.Id.Number, IsWon: false, new Dot(Self, lost), found);
        }

        var kind = operation.Record is null ? OperationKind.Delete : OperationKind.Insert;
        var body = IsMerging ? WithReplaced(operation.Key, operation.Body.Span) : operation.Body.Span;
        var sequence = AppendDecision(kind, operation.Id, firstOpen, time, body);
        var decided = new Stamp(sequence, time, SelfNumber, Origins.NumberOf(operation.Id.Caller));
        if (IsMerging)
        {
            MergeOwn(operation.Key, operation.Record, decided);
        }
        else
        {
            Apply(operation.Key, operation.Record, decided);
        }

        return new KnownDecision(operation.Id.Number, IsWon: true, new Dot(Self, sequence), default);
    }

    private long AppendDecision(OperationKind kind, OperationId id, long firstOpen, long timeMicros, ReadOnlySpan<byte> body)
    {
        Span<byte> note = stackalloc byte[DecisionNote.MaxBytes(id.Caller)];
        var noteBytes = new DecisionNote(id, firstOpen).Write(note);
        return Log.Append(kind | OperationKind.Decision, timeMicros, note[..noteBytes], body);
    }

    private void ApplyDecision(in Operation operation, int origin)
    {
        var body = operation.Body;
        var note = DecisionNote.Take(ref body);
        var isLost = (operation.Kind & OperationKind.Lost) != 0;
        if (!isLost)
        {
            ApplyOperation(
                operation.IsDelete,
                body,
                new Stamp(operation.Sequence, operation.TimeMicros, origin, Origins.NumberOf(note.Id.Caller)));
        }

        NoteOpen(note.Id.Caller, note.FirstOpen);
        NoteDecision(note.Id.Caller, new KnownDecision(
            note.Id.Number,
            !isLost,
            new Dot(Origins.IdOf(origin), operation.Sequence),
            isLost ? body.ToArray() : default));
    }

    private ReadOnlyMemory<byte> Encoded(TKey key, TRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        _codec.Encode(key, record, output);
        return output.WrittenMemory;
    }
}
