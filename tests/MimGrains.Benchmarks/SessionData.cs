using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks;

/// <summary>Record i: the one place that says what the data is, the same for every case and every peer.</summary>
internal static class SessionData
{
    /// <summary>The server of the records that are read.</summary>
    public const string ReadServer = "example.com";

    /// <summary>Sessions of one user; a prefix query for a user returns as many.</summary>
    public const int SessionsPerUser = 5;

    private const long FirstMicros = 1_700_000_000_000_000;
    private const long MicrosStep = 37;

    public static SessionKey Key(long i, string server, string silo) =>
        new(server, User(i), $"mobile-{i:D8}", new SessionId(FirstMicros + (MicrosStep * i), silo));

    public static UserPrefix UserOf(long i, string server) => new(server, User(i));

    public static SessionRecord Record(long i) => new()
    {
        Priority = 5,
        Address = $"10.{(i >> 16) & 255}.{(i >> 8) & 255}.{i & 255}",
        Port = (int)(1_024 + (i % 60_000)),
        Connection = ConnectionType.C2sTls,
    };

    public static TableEntry<SessionKey, SessionRecord> Entry(long i, string server, string silo) =>
        new(Key(i, server, silo), Record(i));

    /// <summary>
    /// Returns which silo writes record i when all silos write equal parts of <paramref name="records"/>.
    /// </summary>
    public static int LoaderOf(long i, long records, int silos) => (int)(i * silos / records);

    /// <summary>Returns the first record of a silo's part; the part ends where the next silo's starts.</summary>
    public static long FirstOf(int silo, long records, int silos) => ((silo * records) + silos - 1) / silos;

    private static string User(long i) => $"user-{i / SessionsPerUser:D7}";
}
