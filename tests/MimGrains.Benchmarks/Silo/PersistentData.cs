using MimGrains.Persistent;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>
/// The persistent tables that are measured: sessions with an index by user, and accounts; each in memory only and on
/// disc.
/// </summary>
internal static class PersistentData
{
    public static TableIndex<SessionKey, SessionRecord, UserPrefix> ByUser { get; } =
        new("user", static (key, _) => new UserPrefix(key.Server, key.User));

    private static readonly PersistentTableDefinition<SessionKey, SessionRecord>[] SessionTables =
        [.. new[] { StorageType.Ram, StorageType.Disc }.Select(storage =>
            new PersistentTableDefinition<SessionKey, SessionRecord>(NameOf("bench-session", storage))
            {
                Storage = storage, Type = PersistentTableType.OrderedSet,
            }.WithIndex(ByUser))];

    private static readonly PersistentTableDefinition<int, Counter>[] AccountTables =
        [.. new[] { StorageType.Ram, StorageType.Disc }.Select(storage =>
            new PersistentTableDefinition<int, Counter>(NameOf("bench-account", storage)) { Storage = storage })];

    public static void Add(Microsoft.Extensions.DependencyInjection.IServiceCollection services)
    {
        foreach (var table in SessionTables)
        {
            services.AddPersistentTable(table);
        }

        foreach (var table in AccountTables)
        {
            services.AddPersistentTable(table);
        }
    }

    public static PersistentTableDefinition<SessionKey, SessionRecord> Sessions(StorageType storage) => SessionTables[(int)storage];

    public static PersistentTableDefinition<int, Counter> Accounts(StorageType storage) => AccountTables[(int)storage];

    private static string NameOf(string name, StorageType storage) => storage == StorageType.Ram ? $"{name}-ram" : $"{name}-disc";
}
