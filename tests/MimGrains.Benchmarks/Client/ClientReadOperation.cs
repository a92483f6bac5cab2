using MimGrains.Benchmarks.Silo;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Client;

/// <summary>How a client is to read; <c>Loaders[k]</c> is the silo that wrote part k of the records.</summary>
/// <param name="Server">Server name of the records.</param>
/// <param name="Records">How many there are.</param>
/// <param name="Loaders">The silos that wrote them.</param>
/// <param name="Keys">Random existing keys of one read; 1 is GetAsync, more is GetManyAsync.</param>
/// <param name="Workers">Callers side by side.</param>
/// <param name="WarmupSeconds">Seconds that are not measured.</param>
/// <param name="Seconds">Seconds that are.</param>
internal sealed record ClientReadParameters(
    string Server, int Records, IReadOnlyList<string> Loaders, int Keys, int Workers, double WarmupSeconds, double Seconds);

/// <summary>Workers in the client's process read; keys are made before the clock of an operation starts.</summary>
internal static class ClientReadOperation
{
    public const string OperationName = "client-read";
    private const int Seed = 17;

    public static async Task<LoadResult> RunAsync(
        ITableClient<SessionKey, SessionRecord> table, ClientReadParameters with, CancellationToken cancellationToken)
    {
        var randoms = Enumerable.Range(0, with.Workers).Select(worker => new Random(Seed + worker)).ToArray();
        using var loop = new ClosedLoop<SessionKey[]>(
            with.Workers,
            TimeSpan.FromSeconds(with.WarmupSeconds),
            TimeSpan.FromSeconds(with.Seconds),
            (worker, _) => MakeKeys(with, randoms[worker]),
            keys => ReadAsync(table, keys));
        return await loop.RunAsync(cancellationToken);
    }

    private static SessionKey[] MakeKeys(ClientReadParameters with, Random random)
    {
        var keys = new SessionKey[with.Keys];
        for (var k = 0; k < keys.Length; k++)
        {
            var i = random.Next(with.Records);
            keys[k] = SessionData.Key(i, with.Server, with.Loaders[SessionData.LoaderOf(i, with.Records, with.Loaders.Count)]);
        }

        return keys;
    }

    private static async Task ReadAsync(ITableClient<SessionKey, SessionRecord> table, SessionKey[] keys)
    {
        var found = keys is [var key]
            ? await table.GetAsync(key, CancellationToken.None) is null ? 0 : 1
            : (await table.GetManyAsync(keys, CancellationToken.None)).Count;
        if (found != keys.Length)
        {
            throw new InvalidOperationException($"{keys.Length} records were asked for that were loaded, but {found} were found.");
        }
    }
}
