namespace MimGrains.Histories;

/// <summary>A transaction, or an attempt of one: what it read and when it ran, as somebody outside of it saw.</summary>
/// <param name="id">Its name; unique in the history.</param>
/// <param name="startMicros">When it was begun, at the earliest, by the one clock of the history.</param>
public abstract class ObservedTransaction<TId>(TId id, long startMicros)
    where TId : notnull
{
    public TId Id { get; } = id;

    public long StartMicros { get; } = startMicros;

    /// <summary>When it had ended at the latest; null if nobody knows.</summary>
    public long? EndMicros { get; set; }

    /// <summary>Whether its silo was declared dead before the end: what it read last may be old.</summary>
    public bool EndedDead { get; set; }

    /// <summary>Key -> version; null for none.</summary>
    public SortedDictionary<string, string?> Reads { get; } = new(StringComparer.Ordinal);
}
