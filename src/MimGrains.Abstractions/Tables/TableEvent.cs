namespace MimGrains.Tables;

/// <summary>Kinds of events of a watch.</summary>
public enum TableEventKind
{
    /// <summary>A record that is there when the watch begins.</summary>
    Listed = 0,

    /// <summary>All that was there is listed; changes follow.</summary>
    Synced = 1,

    /// <summary>A record came.</summary>
    Inserted = 2,

    /// <summary>A record was replaced.</summary>
    Updated = 3,

    /// <summary>A record was deleted.</summary>
    Deleted = 4,

    /// <summary>A record was removed without a delete: its owner is dead, or replicas differed in it.</summary>
    Lost = 5,

    /// <summary>A silo is dead, and its records are going to be removed: each comes as <see cref="Lost"/>.</summary>
    OwnerLost = 6,
}

/// <summary>An event of a watch.</summary>
/// <typeparam name="TKey">Key.</typeparam>
/// <typeparam name="TRecord">Record.</typeparam>
[GenerateSerializer, Immutable, Alias("mimgrains.table-event`2")]
public sealed record TableEvent<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    /// <summary>Returns what happened.</summary>
    [Id(0)]
    public required TableEventKind Kind { get; init; }

    /// <summary>Returns the key; without meaning for <see cref="TableEventKind.Synced"/> and <see cref="TableEventKind.OwnerLost"/>.</summary>
    [Id(1)]
    public TKey Key { get; init; } = default!;

    /// <summary>Returns the record that was there; null if there was none.</summary>
    [Id(2)]
    public TRecord? Old { get; init; }

    /// <summary>Returns the record that is there now; null if there is none.</summary>
    [Id(3)]
    public TRecord? New { get; init; }

    /// <summary>Returns the silo that is dead, for <see cref="TableEventKind.OwnerLost"/>.</summary>
    [Id(4)]
    public string? Owner { get; init; }

    /// <summary>Returns where a watch goes on that has seen this event and all before it; null for <see cref="TableEventKind.Listed"/>.</summary>
    /// <remarks>Made when it is asked for: costs about a microsecond.</remarks>
    public WatchToken? Token => Position is { } position ? (position with { Next = Next }).ToToken() : null;

    /// <summary>Returns the position of the events that were read together with this one.</summary>
    [Id(5)]
    internal WatchPositionData? Position { get; init; }

    /// <summary>Returns the number of the change after this one.</summary>
    [Id(6)]
    internal long Next { get; init; }
}
