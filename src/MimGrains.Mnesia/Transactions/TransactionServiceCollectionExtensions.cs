using Microsoft.Extensions.DependencyInjection;
using MimGrains.Mnesia.Clients;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using MimGrains.Tables;
using Orleans.Hosting;
using Orleans.Placement;

namespace MimGrains.Mnesia.Transactions;

/// <summary>Registers what fragments and transactions are made of: the table of contents of both folders.</summary>
internal static class TransactionServiceCollectionExtensions
{
    public static void AddFragmentsAndTransactions(this IServiceCollection services)
    {
        services.AddReplicatedTable(FragmentOwnersRecord.Table);
        services.AddReplicatedTable(RamLogRow.Table);
        services.AddSingleton<FragmentRegistry>();
        services.AddSingleton<FragmentDirectory>();
        services.AddSingleton<FragmentLogs>();
        services.AddSingleton<FragmentPreparer>();
        services.AddSingleton<FragmentOpener>();
        services.AddSingleton<FragmentCaller>();
        services.AddSingleton<FragmentServiceClient>();
        services.AddSingleton<IFragmentLoader, FragmentLoader>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, FragmentKeeper>();
        services.AddSingleton<StorageChanges>();
        services.AddSingleton<IStorageChanger>(provider => provider.GetRequiredService<StorageChanges>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, StorageKeeper>();
        services.AddGrainService<FragmentService>();
        services.AddSingleton(provider => new LeavingSilos(
            silo => provider.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.GetSiloStatus(silo)));
        services.AddPlacementFilter<StayingSilosOnly, StayingSilosDirector>(ServiceLifetime.Singleton);
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, FragmentHandOver>();
        services.AddSingleton<TransactionLedger>();
        services.AddSingleton<TransactionServices>();
        services.AddSingleton<ITransactions, TransactionRunner>();
        services.AddSingleton<ClientTables>();
        services.AddSingleton<TransactionDesk>();
    }
}
