using MimGrains.Core.Transactions;

namespace MimGrains.Simulation.Transactions;

/// <summary>An attempt of a transaction: what it read and wrote, as its coordinator saw it.</summary>
internal sealed class SimAttempt(TransactionId id, string program, long startMicros)
    : ObservedTransaction<TransactionId>(id, startMicros)
{
    public string Program { get; } = program;

    /// <summary>What its coordinator was told.</summary>
    public TransactionVerdict Verdict { get; set; }

    public SortedDictionary<string, string> Writes { get; } = new(StringComparer.Ordinal);

    public override string ToString() => $"{Id} {Program} ({Verdict})";
}

/// <summary>What a run has shown: attempts, and the versions of every key in the order of the log.</summary>
internal sealed class TransactionHistory
{
    private readonly SortedDictionary<TransactionId, SimAttempt> _attempts = [];
    private readonly SortedDictionary<(FragmentId Fragment, long Number, int Index), (TransactionId Id, string Text)> _applied = [];
    private readonly SortedDictionary<string, SortedDictionary<(long, int), (TransactionId Id, string Version)>> _versions =
        new(StringComparer.Ordinal);

    public int Committed => _attempts.Values.Count(attempt => attempt.Verdict == TransactionVerdict.Committed);

    public IEnumerable<SimAttempt> Attempts => _attempts.Values;

    public SimAttempt Begin(TransactionId id, string program, long nowMicros)
    {
        var attempt = new SimAttempt(id, program, nowMicros);
        _attempts.Add(id, attempt);
        return attempt;
    }

    /// <summary>A fragment applies writes: a recovery must repeat what was there before.</summary>
    public void OnApply(FragmentId fragment, ApplyEffect apply)
    {
        var writes = apply.Writes.Select(write => (Key: SimCodec.Text(write.Key), Version: SimCodec.Text(write.Record))).ToList();
        var text = string.Join(' ', writes.Select(write => $"{write.Key}={write.Version}"));
        if (!_applied.TryAdd((fragment, apply.Number, apply.Index), (apply.Id, text))
            && _applied[(fragment, apply.Number, apply.Index)] is var before && before != (apply.Id, text))
        {
            throw new InvariantException(
                $"{fragment} row {apply.Number}.{apply.Index} was {before.Id} {before.Text} and is {apply.Id} {text}.");
        }

        foreach (var (key, version) in writes)
        {
            if (!_versions.TryGetValue(key, out var versions))
            {
                _versions.Add(key, versions = []);
            }

            versions[(apply.Number, apply.Index)] = (apply.Id, version);
        }
    }

    /// <exception cref="InvariantException">The history is none of serializable transactions.</exception>
    public void Check()
    {
        foreach (var once in _applied.GroupBy(applied => (applied.Key.Fragment, applied.Value.Id))
            .Where(group => group.Key.Id.Number > 0 && group.Count() > 1))
        {
            throw new InvariantException($"{once.Key.Id} was applied {once.Count()} times by {once.Key.Fragment}.");
        }

        var versions = _versions.ToDictionary(pair => pair.Key, pair => pair.Value.Values.ToList(), StringComparer.Ordinal);
        var written = versions.SelectMany(pair => pair.Value).Where(version => version.Id.Number > 0)
            .GroupBy(version => version.Id).ToDictionary(group => group.Key, group => group.Select(version => version.Version).ToHashSet());
        foreach (var attempt in _attempts.Values)
        {
            CheckAtomic(attempt, written.GetValueOrDefault(attempt.Id));
        }

        SerializabilityChecker.Check(
            [.. _attempts.Values.Where(attempt => written.ContainsKey(attempt.Id)
                || (attempt.Writes.Count == 0 && attempt.Verdict == TransactionVerdict.Committed))],
            versions);
    }

    private static void CheckAtomic(SimAttempt attempt, HashSet<string>? written)
    {
        if (attempt.Verdict is TransactionVerdict.Aborted or TransactionVerdict.Restart && written is not null)
        {
            throw new InvariantException($"{attempt} is not committed, but {string.Join(' ', written)} of it is there.");
        }

        if (attempt.Writes.Values.FirstOrDefault(version => written?.Contains(version) != true) is { } missing
            && (written is not null || attempt.Verdict == TransactionVerdict.Committed))
        {
            throw new InvariantException($"{attempt} is committed, but {missing} of it is missing.");
        }
    }
}

/// <summary>Keys and versions as bytes.</summary>
internal static class SimCodec
{
    /// <summary>The version of a key that was deleted ends so.</summary>
    public const string Deleted = "-";

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes.Span);

    public static string Version(TransactionId id, string payload) => $"{id}|{payload}";

    /// <summary>What was written as that version; null if it was a delete, or nothing yet.</summary>
    public static string? Payload(string? version) =>
        version?[(version.IndexOf('|', StringComparison.Ordinal) + 1)..] is { } payload && payload != Deleted ? payload : null;
}
