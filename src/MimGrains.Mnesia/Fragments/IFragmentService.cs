using Microsoft.Extensions.Logging;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Transactions;
using MimGrains.Persistent;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace MimGrains.Mnesia.Fragments;

/// <summary>What silos ask each other about fragments and transactions. Every silo runs one.</summary>
[Alias("mimgrains.fragment-service")]
internal interface IFragmentService : IGrainService
{
    /// <summary>Completes when no activation of a fragment up to an epoch answers from this silo any more.</summary>
    [Alias("retire")]
    Task Retire(WireFragment fragment, long epoch);

    /// <summary>A silo is about to stop: fragments are not placed on it any more.</summary>
    [Alias("leave")]
    Task Leave(SiloAddress silo);

    /// <summary>Returns what became of a transaction that this silo coordinated, as far as it is remembered.</summary>
    [Alias("outcome")]
    Task<TransactionOutcome> Outcome(string id);
}

/// <inheritdoc cref="IFragmentService"/>
[Reentrant]
internal sealed class FragmentService(
    GrainId id, Silo silo, ILoggerFactory loggers, FragmentRegistry registry, LeavingSilos leaving, TransactionLedger ledger)
    : GrainService(id, silo, loggers), IFragmentService
{
    public Task Retire(WireFragment fragment, long epoch) => registry.RetireAsync(fragment.ToId(), epoch);

    public Task Leave(SiloAddress silo)
    {
        leaving.Add(silo);
        return Task.CompletedTask;
    }

    public Task<TransactionOutcome> Outcome(string id) => Task.FromResult(ledger.OutcomeOf(id));
}

/// <summary>Reaches the fragment service of another silo.</summary>
internal sealed class FragmentServiceClient(IServiceProvider services) : GrainServiceClient<IFragmentService>(services)
{
    public IFragmentService Of(ReplicaId silo) => GetGrainService(SiloAddress.FromParsableString(silo.Value));
}
