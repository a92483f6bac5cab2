using Microsoft.Extensions.DependencyInjection;
using MimGrains.Tables;

namespace MimGrains.Sessions;

/// <summary>Which silo cleans up after a dead one, and how far it has come.</summary>
/// <param name="Silo">The silo that cleans up.</param>
/// <param name="Last">The last session of the last step that is done; null before the first.</param>
/// <param name="IsDone">Whether nothing is left.</param>
[GenerateSerializer, Immutable, Alias("mimgrains.cleanup-claim")]
internal sealed record CleanupClaim(
    [property: Id(0)] string Silo, [property: Id(1)] SessionKey? Last, [property: Id(2)] bool IsDone);

/// <summary>The replicated table of claims; keys are dead silos.</summary>
internal static class CleanupTable
{
    public const string Name = "session_cleanup";

    // Longer than any silo may be behind in learning of a death: one that asks later must find the claim.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public static TableDefinition<string, CleanupClaim> Definition { get; } = new(Name)
    {
        NodeDown = NodeDownRule.Keep,
        TimeToLive = static (_, _) => Lifetime,
        OnNodeDown = static (down, _) =>
        {
            down.Services.GetRequiredService<SessionCleaner>().OnDeath(down.DeadSilo);
            return Task.CompletedTask;
        },
    };
}
