using MimGrains.Backends;
using Xunit;

namespace MimGrains.Sessions.Tests.Backends;

/// <summary>
/// A silo is killed: what lived on it goes everywhere, what others have stays, and each of its sessions is cleaned up by one
/// survivor. The cases of MongooseIM's <c>test/mongoose_cleanup_SUITE.erl</c>.
/// </summary>
public abstract class DeathContract(BackendCluster cluster)
{
    private const string Server = "death.example";
    private const int Sessions = 345;

    [Fact]
    public async Task What_lived_on_a_dead_silo_goes_and_nothing_else()
    {
        await FillAsync(2);
        await FillAsync(0);
        var kept = await cluster.Get<ISessionManager>(0).OpenAsync(Server, "kept", "r", new SessionRecord());
        var dead = cluster.NameOf(2);
        var deadRef = cluster.On(2);
        var sessions = await cluster.Get<ISessionManager>(2).OpenManyAsync(
            [.. Enumerable.Range(0, Sessions).Select(number => new SessionRequest(Server, $"u{number}", "r", new SessionRecord()))]);

        await cluster.Cluster.KillSiloAsync(cluster.Silos[2]);

        for (var silo = 0; silo < 2; silo++)
        {
            var number = silo;
            await BackendCluster.UntilAsync(async () => await IsEmptyAsync(number, 2) && !await HasSessionsAsync(number, dead));
            Assert.False(await IsEmptyAsync(number, 0));
            Assert.NotNull(await cluster.Get<ISessionManager>(silo).GetAsync(kept));
            Assert.DoesNotContain(await cluster.Get<IBoshBackend>(silo).GetAllAsync(), entry => entry.Value == deadRef);
        }

        await BackendCluster.UntilAsync(() => new(Cleaned().Count >= Sessions));
        Assert.Equal(
            sessions.Order(), Cleaned().Where(ended => ended.End.Reason == SessionEndReason.SiloDied)
                .Select(ended => ended.Session.Key).Order());
    }

    private List<(Session Session, SessionEnd End)> Cleaned() =>
        [.. cluster.Get<RecordingCleanup>(0).Ended, .. cluster.Get<RecordingCleanup>(1).Ended];

    private async ValueTask<bool> HasSessionsAsync(int silo, string owner) =>
        (await cluster.Get<ISessionManager>(silo).CountBySiloAsync()).ContainsKey(owner);

    private static SessionKey KeyOf(int number, string silo) => new(Server, $"row{number}", "r", new SessionId(1, silo));

    private async Task FillAsync(int silo)
    {
        var on = cluster.On(silo);
        var key = KeyOf(silo, cluster.NameOf(silo));
        await cluster.Get<IS2sBackend>(silo).TryRegisterAsync(new($"us{silo}.example", Server), on);
        await cluster.Get<IComponentBackend>(silo).RegisterAsync([new($"c{silo}.example", on)]);
        await cluster.Get<IStreamManagementBackend>(silo).RegisterAsync($"smid{silo}", key);
        await cluster.Get<IBoshBackend>(silo).TryCreateAsync($"sid{silo}", on);
        await cluster.Get<IMucOnlineBackend>(silo).RegisterAsync(new("ht", Server, $"room{silo}"), on);
        await cluster.Get<ICapabilitiesBackend>(silo).StoreAsync(key, ["feature"]);
        await cluster.Get<IAnonymousBackend>(silo).AddAsync(key);
    }

    private async ValueTask<bool> IsEmptyAsync(int asked, int filled) =>
        (await cluster.Get<IS2sBackend>(asked).GetAsync(new($"us{filled}.example", Server))).Count == 0
        && (await cluster.Get<IComponentBackend>(asked).LookupAsync($"c{filled}.example")).Count == 0
        && await cluster.Get<IStreamManagementBackend>(asked).FindSessionAsync($"smid{filled}") is null
        && await cluster.Get<IBoshBackend>(asked).FindAsync($"sid{filled}") is null
        && await cluster.Get<IMucOnlineBackend>(asked).FindAsync(new("ht", Server, $"room{filled}")) is null
        && await cluster.Get<ICapabilitiesBackend>(asked).FindAsync(new Jid($"row{filled}", Server, "r")) is null
        && !await cluster.Get<IAnonymousBackend>(asked).ExistsAsync(Server, $"row{filled}");
}

public sealed class ThreeCetsSilos() : CetsBackends(3);

public sealed class CetsDeathTests(ThreeCetsSilos cluster) : DeathContract(cluster), IClassFixture<ThreeCetsSilos>;

public sealed class ThreeMnesiaSilos() : MnesiaBackends(3);

public sealed class MnesiaDeathTests(ThreeMnesiaSilos cluster) : DeathContract(cluster), IClassFixture<ThreeMnesiaSilos>;
