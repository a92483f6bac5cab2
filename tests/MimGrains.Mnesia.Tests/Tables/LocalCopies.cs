using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Tables;
using MimGrains.Cets;
using MimGrains.Configuration;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Serialization;

namespace MimGrains.Mnesia.Tests.Tables;

/// <summary>The persistent tables of one silo without a cluster: for what needs no other silo.</summary>
internal sealed class LocalCopies
{
    private readonly TableRegistry _registry;
    private readonly TableCatalog _catalog;

    public LocalCopies(params PersistentTableDefinition[] definitions)
    {
        var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var options = Options.Create(new ReplicationOptions());
        _registry = new TableRegistry(definitions, Options.Create(new MnesiaOptions()), services);
        _catalog = new TableCatalog(
            services, [], [_registry], new ReplicationCarrier(options), new Silo(), options, TimeProvider.System,
            NullLogger<TableCatalog>.Instance);
        foreach (var host in _catalog.Hosts)
        {
            host.BecomeReady();
        }
    }

    public TableCopy<TKey, TRecord> Copy<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class => _registry.Get<TKey, TRecord>(definition.Name).ReadableCopyIn(_catalog)!;

    public FragmentWrite Put<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class => new(WriteKind.Put, Bytes(definition).ToBytes(key), Bytes(definition).RecordBytes(record));

    public FragmentWrite Delete<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition, TKey key)
        where TKey : notnull
        where TRecord : class => new(WriteKind.Delete, Bytes(definition).ToBytes(key), default);

    public FragmentWrite DeleteObject<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition, TKey key, TRecord record)
        where TKey : notnull
        where TRecord : class => new(WriteKind.DeleteObject, Bytes(definition).ToBytes(key), Bytes(definition).RecordBytes(record));

    public TableBytes<TKey, TRecord> Bytes<TKey, TRecord>(PersistentTableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class => _registry.Get<TKey, TRecord>(definition.Name).Bytes;

    private sealed class Silo : ILocalSiloDetails
    {
        public string Name => "one";

        public string ClusterId => "test";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress { get; } = SiloAddress.FromParsableString("127.0.0.1:11111@1");

        public SiloAddress GatewayAddress => SiloAddress;
    }
}
