using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace MimGrains.Cets.Crashes;

/// <summary>What a silo can say of another one.</summary>
internal enum WitnessAnswer
{
    /// <summary>Nothing: it got no answer, or does not watch.</summary>
    Unknown = 0,

    /// <summary>It answered.</summary>
    Alive = 1,

    /// <summary>It is not there any more: refused, or a later incarnation answered.</summary>
    Gone = 2,
}

/// <summary>Lets one silo ask another whether it, too, finds a third one gone. Every silo runs one.</summary>
[Alias("mimgrains.crash-witness")]
internal interface ICrashWitness : IGrainService
{
    /// <summary>Dials a silo, and says what came of it.</summary>
    [Alias("look-at")]
    Task<WitnessAnswer> LookAt(string silo);
}

/// <summary>Dials a silo for another one.</summary>
internal sealed class CrashWitness(
    GrainId id, Silo silo, ILoggerFactory loggers, SiloDialer dialer, IOptions<CrashDetectionOptions> options)
    : GrainService(id, silo, loggers), ICrashWitness
{
    public async Task<WitnessAnswer> LookAt(string silo)
    {
        if (!options.Value.IsEnabled)
        {
            return WitnessAnswer.Unknown;
        }

        var dialled = await dialer.DialAsync(SiloAddress.FromParsableString(silo), CancellationToken.None);
        dialled.Line?.Dispose();
        return dialled.Outcome switch
        {
            DialOutcome.Answered or DialOutcome.HoldsUsForDead => WitnessAnswer.Alive,
            DialOutcome.Refused or DialOutcome.Restarted => WitnessAnswer.Gone,
            _ => WitnessAnswer.Unknown,
        };
    }
}

/// <summary>Reaches the witness of another silo.</summary>
internal sealed class CrashWitnessClient(IServiceProvider services) : GrainServiceClient<ICrashWitness>(services)
{
    public ICrashWitness Of(SiloAddress silo) => GetGrainService(silo);
}
