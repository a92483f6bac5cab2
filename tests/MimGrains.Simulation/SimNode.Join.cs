using System.Buffers.Binary;
using MimGrains.Core.Identity;
using MimGrains.Core.Replication;

namespace MimGrains.Simulation;

internal sealed partial class SimNode
{
    private const long HelloTimeoutMicros = 30_000;
    private const long DumpTimeoutMicros = 80_000;
    private const int ChunkRecords = 2;

    // The dumps given, by number; each with the chunks made so far, so that a chunk that was lost can be asked for again.
    private readonly Dictionary<long, (DumpReader Reader, List<DumpChunk> Chunks)> _given = [];
    private readonly Dictionary<ReplicaId, long> _helloSequences = [];
    private long _dump;
    private int _nextChunk;
    private bool _hasSkippedHello;

    private void StepJoin()
    {
        switch (Plan.Next())
        {
            case JoinStep.SayHello:
                foreach (var (to, attempt) in Plan.TakeHellos())
                {
                    SayHello(to, attempt);
                }

                break;
            case JoinStep.AskForDump:
                AskForDump(Plan.TakeDumpSource());
                break;
            case JoinStep.BecomeFirst:
                GoFirst();
                break;
            case JoinStep.Pause when _cluster.Fault == Fault.EverybodyGoesFirst:
                GoFirst();
                break;
            case JoinStep.Pause:
                Plan.AskAgain();
                break;
            case JoinStep.Done when _cluster.Fault == Fault.ReadyReplicaSaysHello && Random.Chance(1):
                SayHelloAgain();
                break;
            case JoinStep.Done:
            case JoinStep.Wait:
                break;
        }
    }

    private void GoFirst()
    {
        _cluster.Scheduler.Log($"{Id} goes first");
        Replica.BecomeReady();
        Plan.OnReady();
    }

    private void SayHello(ReplicaId to, long attempt)
    {
        if (_cluster.Fault == Fault.OneHelloIsSkipped && !_hasSkippedHello)
        {
            _hasSkippedHello = true;
            Plan.OnHelloReply(to, attempt, isReady: false);
            return;
        }

        var dead = Replica.DeadReplicas;
        var sequence = Replica.LastSequence;
        Send(to, $"hello {attempt}", node =>
        {
            var past = node.Plan.OnHello(Id);
            var reply = node.Replica.Hello(Id, attempt, dead, sequence, past);
            if (reply is not null)
            {
                var (version, pauses) = _cluster.Fault == Fault.HelloTellsNoPauses ? (0, []) : node._pauses.Of(node.Id);
                node.Send(Id, $"hello {attempt}: {reply.Sequence} {reply.IsReady}", _ =>
                {
                    if (OnHelloReply(to, attempt, reply))
                    {
                        TakePauses(to, version, pauses);
                    }
                });
            }
        }, whenAbsent: node => node.Send(Id, $"hello {attempt}: no table", _ => Plan.OnWithoutTable(to, attempt)));
        _cluster.Scheduler.After(HelloTimeoutMicros, () => Plan.OnHelloFailed(to, attempt));
    }

    /// <summary>
    /// Whether it has a write of another node: applied, or, as long as it joins, taken to be applied. What came before the
    /// answer to its hello is in the dump that it has not got yet; who joins too may not have had to be asked. Of who was dead
    /// when a first one began with an empty table nobody has anything, as a position without an end says.
    /// </summary>
    public bool Holds(ReplicaId origin, long sequence) => Replica.AppliedOf(origin) is var applied
        && applied >= sequence && applied != long.MaxValue
        && (Replica.IsReady || sequence > _helloSequences.GetValueOrDefault(origin));

    private bool OnHelloReply(ReplicaId from, long attempt, HelloReply reply)
    {
        if (!Plan.OnHelloReply(from, attempt, reply.IsReady))
        {
            return false;
        }

        _helloSequences[from] = reply.Sequence;
        Replica.OnHelloReply(from, reply);
        return true;
    }

    private void SayHelloAgain()
    {
        foreach (var peer in Replica.Peers)
        {
            Send(peer, "hello of a ready one", node => node.Replica.Hello(Id, 1_000_000 + _cluster.Scheduler.NowMicros, []));
        }
    }

    private void AskForDump(ReplicaId source)
    {
        var dump = ++_dump;
        _nextChunk = 0;
        var required = Replica.RequestDump();
        if (_cluster.Fault == Fault.DumpLacksWhatIsRequired)
        {
            required = new Dictionary<ReplicaId, long>();
        }

        Send(source, "dump?", node => node.GiveDump(this, dump, required));
        _cluster.Scheduler.After(DumpTimeoutMicros, () => CheckProgress(source, dump, seen: -1));
    }

    private void GiveDump(SimNode to, long dump, IReadOnlyDictionary<ReplicaId, long> required)
    {
        var number = DumpNumber(to.Id, dump);
        if (_given.ContainsKey(number))
        {
            return;
        }

        var reader = Replica.BeginDump(required);
        if (reader is null)
        {
            Send(to.Id, "dump refused", node => node.FailDump(Id, dump));
            return;
        }

        _given[number] = (reader, []);
        Send(to.Id, $"dump of {reader.TotalCount}", node => node.OnDumpHeader(Id, dump, reader.Header));
    }

    private void OnDumpHeader(ReplicaId source, long dump, DumpHeader header)
    {
        if (Plan.DumpSource == source && _dump == dump && _nextChunk == 0 && !Replica.IsDead(source))
        {
            Replica.OnDumpHeader(header);
            _nextChunk = 1;
            AskForChunk(source, dump);
        }
    }

    private void AskForChunk(ReplicaId source, long dump)
    {
        var chunk = _nextChunk;
        Send(source, $"chunk {chunk}?", node => node.GiveChunk(this, dump, chunk));
    }

    private void GiveChunk(SimNode to, long dump, int chunk)
    {
        if (!_given.TryGetValue(DumpNumber(to.Id, dump), out var given))
        {
            return;
        }

        if (given.Chunks.Count < chunk)
        {
            var made = given.Reader.Next(ChunkRecords, int.MaxValue);
            given.Chunks.Add(_cluster.Fault == Fault.DumpWithoutTombstones ? WithoutTombstones(made) : made);
        }

        var sent = given.Chunks[chunk - 1];
        Send(to.Id, $"chunk {chunk}: {sent.Count}", node => node.OnDumpChunk(Id, dump, chunk, sent));
    }

    private void OnDumpChunk(ReplicaId source, long dump, int number, DumpChunk chunk)
    {
        if (Plan.DumpSource != source || _dump != dump || _nextChunk != number || Replica.IsDead(source))
        {
            return;
        }

        Replica.OnDumpChunk(chunk);
        _nextChunk++;
        if (!chunk.IsLast)
        {
            AskForChunk(source, dump);
            return;
        }

        _cluster.Scheduler.Log($"{Id} is ready with {Replica.Count} records");
        Plan.OnReady();
    }

    private void FailDump(ReplicaId source, long dump)
    {
        if (_dump == dump)
        {
            Plan.OnDumpFailed(source);
        }
    }

    private void CheckProgress(ReplicaId source, long dump, int seen)
    {
        if (!IsUp || _dump != dump || Plan.DumpSource != source)
        {
            return;
        }

        if (_nextChunk == seen || seen < 0 && _nextChunk == 0)
        {
            Plan.OnDumpFailed(source);
            return;
        }

        var now = _nextChunk;
        _cluster.Scheduler.After(DumpTimeoutMicros, () => CheckProgress(source, dump, now));
    }

    private static long DumpNumber(ReplicaId to, long dump) => (dump * 1_000) + int.Parse(to.Value[1..], null);

    private static DumpChunk WithoutTombstones(DumpChunk chunk)
    {
        const int headerBytes = 29;
        List<byte> kept = [];
        var count = 0;
        for (var rest = chunk.Bytes; rest.Length > 0;)
        {
            var size = headerBytes + BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            if (rest.Span[4] == 0)
            {
                kept.AddRange(rest.Span[..size]);
                count++;
            }

            rest = rest[size..];
        }

        return new DumpChunk(count, kept.ToArray(), chunk.IsLast);
    }
}
