namespace MimGrains.Sessions;

/// <summary>A change of an open session.</summary>
/// <param name="SetsPriority">Whether <paramref name="Priority"/> counts.</param>
/// <param name="Priority">The new priority; null when the session is not present any more.</param>
/// <param name="Stored">Information to add; null for none.</param>
/// <param name="Removed">Name of information to remove; null for none.</param>
/// <param name="Tells">Whether the connection is told of the information that changes.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.session-change")]
internal sealed record SessionChange(
    [property: Id(0)] bool SetsPriority,
    [property: Id(1)] int? Priority,
    [property: Id(2)] Dictionary<string, string>? Stored,
    [property: Id(3)] string? Removed,
    [property: Id(4)] bool Tells)
{
    public static SessionChange Presence(int? priority, IReadOnlyDictionary<string, string>? info) => new(
        SetsPriority: true, priority, info is null ? null : new(info, StringComparer.Ordinal), Removed: null, Tells: false);

    public static SessionChange Store(string name, string value) => new(
        SetsPriority: false, null, new(StringComparer.Ordinal) { [name] = value }, Removed: null, Tells: true);

    public static SessionChange Remove(string name) => new(SetsPriority: false, null, Stored: null, name, Tells: true);

    /// <summary>Returns the record after the change; the same one if nothing changes.</summary>
    public SessionRecord Apply(SessionRecord record)
    {
        var priority = SetsPriority ? Priority : record.Priority;
        var info = record.Info;
        if (Removed is not null && info?.ContainsKey(Removed) == true)
        {
            var rest = info.Where(pair => pair.Key != Removed).ToDictionary(StringComparer.Ordinal);
            info = rest.Count > 0 ? rest : null;
        }

        if (Stored is { Count: > 0 } && !Stored.All(pair => record.Info?.TryGetValue(pair.Key, out var old) == true && old == pair.Value))
        {
            var all = info is null ? new(StringComparer.Ordinal) : info.ToDictionary(StringComparer.Ordinal);
            foreach (var (name, value) in Stored)
            {
                all[name] = value;
            }

            info = all;
        }

        return priority == record.Priority && ReferenceEquals(info, record.Info)
            ? record
            : record with { Priority = priority, Info = info };
    }
}
