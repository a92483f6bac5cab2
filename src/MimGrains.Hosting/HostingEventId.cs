namespace MimGrains.Hosting;

/// <summary>Event ids of the logs of hosting: 1400 to 1499. Never used again for anything else.</summary>
internal static class HostingEventId
{
    public const int DeclaredDead = 1400;
    public const int SiloFailed = 1401;
}
