using System.Collections;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>Shows the entries that a scan returned as sessions, without copying them.</summary>
[GenerateSerializer, Immutable, Alias("mimgrains.session-list")]
internal sealed class SessionList(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> entries) : IReadOnlyList<Session>
{
    [Id(0)]
    private readonly IReadOnlyList<TableEntry<SessionKey, SessionRecord>> _entries = entries;

    public int Count => _entries.Count;

    public Session this[int index] => SessionAt(index);

    public static IReadOnlyList<Session> Of(IReadOnlyList<TableEntry<SessionKey, SessionRecord>> entries) =>
        entries.Count == 0 ? [] : new SessionList(entries);

    public IEnumerator<Session> GetEnumerator()
    {
        for (var index = 0; index < _entries.Count; index++)
        {
            yield return SessionAt(index);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private Session SessionAt(int index)
    {
        var entry = _entries[index];
        return new Session(entry.Key, entry.Record);
    }
}
