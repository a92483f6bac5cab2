using Microsoft.Extensions.DependencyInjection;
using MimGrains.Cluster.Tests.Processes;
using MimGrains.Configuration;
using MimGrains.Persistent;
using MimGrains.ProcessSupport;
using MimGrains.TestSilo;
using Orleans;
using Orleans.Runtime;
using Xunit.Abstractions;

namespace MimGrains.Cluster.Tests.Transactions;

/// <summary>Three silo processes with tables of accounts in a database, and clients of each of them at work.</summary>
internal sealed class LedgerCluster : IAsyncDisposable
{
    private const int Count = 3;
    private const int TailLines = 200;

    private readonly TempFolder _folder = new();
    private readonly List<SiloMachine> _silos = [];

    private readonly ITestOutputHelper _output;

    private LedgerCluster(RdbmsConnectionOptions database, ITestOutputHelper output, IReadOnlyList<StorageType> storages)
    {
        _output = output;
        _silos.AddRange(Enumerable.Range(1, Count).Select(number => SiloMachine.OfAccounts(_folder, number, database)));
        Load = new LedgerLoad(_silos, storages);
    }

    /// <summary>Returns the numbers of the silos.</summary>
    public static int[] All { get; } = [.. Enumerable.Range(0, Count)];

    public LedgerLoad Load { get; }

    /// <summary>Starts the silos and the clients.</summary>
    public static async Task<LedgerCluster> StartAsync(
        RdbmsConnectionOptions database, ITestOutputHelper output, params StorageType[] storages)
    {
        var cluster = new LedgerCluster(database, output, storages);
        await Task.WhenAll(cluster._silos.Select(silo => silo.StartAsync()));
        await cluster.TellIfItFailsAsync(cluster.Load.StartAsync);
        return cluster;
    }

    /// <summary>Starts silos that were killed, and their clients.</summary>
    public async Task RestartAsync(params int[] silos)
    {
        foreach (var silo in silos)
        {
            await _silos[silo].Process.DisposeAsync();
        }

        await Task.WhenAll(silos.Select(silo => _silos[silo].StartAsync()));
        foreach (var silo in silos)
        {
            Load.StartWorkers(silo);
        }
    }

    /// <summary>Completes when the clients of all these silos have committed so many more writes of each kind.</summary>
    public Task MoreAsync(int count, int[] silos, params StorageType[] kinds) => TellIfItFailsAsync(
        () => Task.WhenAll(silos.Select(silo => Load.MoreAsync(count, silo, kinds))));

    /// <summary>Ends the work and checks all that was done.</summary>
    public Task CheckAsync() => TellIfItFailsAsync(() => Load.CheckAsync(_output));

    /// <summary>Returns the silo that holds a fragment of the accounts.</summary>
    public async Task<int> HolderAsync(StorageType storage, int fragment)
    {
        var holders = await _silos[0].Client.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        var silo = holders.Single(grain => grain.GrainId.Key.ToString() == $"{Ledgers.NameOf(storage)}/{fragment}").SiloAddress;
        return _silos.FindIndex(machine => machine.SiloPort == silo.Endpoint.Port);
    }

    /// <summary>Returns the accounts of a kind of storage as a silo's client reads them without a transaction.</summary>
    public IPersistentTableClient<string, Account> Reader(int silo, StorageType storage) =>
        _silos[silo].Client.GetRequiredKeyedService<IPersistentTableClient<string, Account>>(Ledgers.NameOf(storage));

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        _folder.Dispose();
    }

    // What the silos have said is the first that one wants to know.
    private async Task TellIfItFailsAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch
        {
            _silos.ForEach(silo => _output.WriteLine(silo.Process.Output.Tail(TailLines)));
            throw;
        }
    }
}
