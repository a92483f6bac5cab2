using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Core.Identity;
using MimGrains.Tables;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Serialization;

namespace MimGrains.Cets.Tests;

/// <summary>A ready table of one silo, without a cluster: for what needs no other silo.</summary>
internal static class LocalTable
{
    public static ReplicatedTable<TKey, TRecord> Make<TKey, TRecord>(
        TableDefinition<TKey, TRecord> definition, TimeProvider? time = null, string silo = "127.0.0.1:11111@1")
        where TKey : notnull
        where TRecord : class
    {
        var table = Joining(definition, silo, time);
        table.BecomeReady();
        return table;
    }

    /// <summary>As <see cref="Make"/>, but not ready yet.</summary>
    public static ReplicatedTable<TKey, TRecord> Joining<TKey, TRecord>(
        TableDefinition<TKey, TRecord> definition, string silo, TimeProvider? time = null)
        where TKey : notnull
        where TRecord : class
    {
        var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var options = Options.Create(new ReplicationOptions());
        var catalog = new TableCatalog(
            services, [definition], [], new ReplicationCarrier(options), new Silo(silo), options, time ?? TimeProvider.System,
            NullLogger<TableCatalog>.Instance);
        return (ReplicatedTable<TKey, TRecord>)catalog.Find(definition.Name)!;
    }

    private sealed class Silo(string address) : ILocalSiloDetails
    {
        public string Name => "one";

        public string ClusterId => "test";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress { get; } = SiloAddress.FromParsableString(address);

        public SiloAddress GatewayAddress => SiloAddress;
    }
}
