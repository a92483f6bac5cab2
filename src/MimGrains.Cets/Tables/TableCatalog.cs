using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Cets.Leading;
using MimGrains.Cets.Replicas;
using MimGrains.Cets.Streams;
using MimGrains.Cets.Verify;
using MimGrains.Core.Identity;
using MimGrains.Core.Log;
using MimGrains.Core.Replication;
using MimGrains.Core.Store;
using MimGrains.Tables;
using Orleans.Serialization;

namespace MimGrains.Cets.Tables;

/// <summary>Holds the tables of this silo: one for every registered definition, and those that were added at run time. Thread-safe.</summary>
internal sealed partial class TableCatalog : ITableCatalog, ITableDefinitionVisitor<TableHost>
{
    private readonly IServiceProvider _services;
    private readonly ReplicationCarrier _carrier;
    private readonly ReplicationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReplicaId _self;
    private readonly Dictionary<string, (ReplicaNumbers Numbers, long Attempt)> _removed = new(StringComparer.Ordinal);
    private volatile IReadOnlyDictionary<string, TableHost> _hosts;
    private volatile IReadOnlyList<TableHost> _ordered = [];

    public TableCatalog(
        IServiceProvider services,
        IEnumerable<TableDefinition> definitions,
        IEnumerable<ITableDefinitionSource> sources,
        ReplicationCarrier carrier,
        ILocalSiloDetails silo,
        IOptions<ReplicationOptions> options,
        TimeProvider time,
        ILogger<TableCatalog> logger)
    {
        _services = services;
        _carrier = carrier;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _self = new ReplicaId(silo.SiloAddress.ToParsableString());
        _hosts = definitions.Concat(sources.SelectMany(source => source.Definitions))
            .ToDictionary(definition => definition.Name, definition => definition.Accept(this), StringComparer.Ordinal);
        Publish();
    }

    public IReadOnlyList<string> Names => [.. Hosts.Select(host => host.Name)];

    public IReadOnlyList<string> NotReady => [.. Hosts.Where(host => !host.Replica.IsReady).Select(host => host.Name)];

    /// <summary>All tables, ascending by name.</summary>
    public IReadOnlyList<TableHost> Hosts => _ordered;

    public TableHost? Find(string name) => _hosts.GetValueOrDefault(name);

    /// <summary>Makes a table that is not in the catalog yet.</summary>
    public TableHost Make(TableDefinition definition)
    {
        var host = definition.Accept(this);
        lock (_removed)
        {
            if (_removed.TryGetValue(definition.Name, out var last))
            {
                // The other silos know this one's numbers of before.
                host.StartAfter(last.Numbers, last.Attempt);
            }
        }

        return host;
    }

    /// <summary>Adds a table. Not two at once.</summary>
    public void Add(TableHost host)
    {
        _hosts = new Dictionary<string, TableHost>(_hosts, StringComparer.Ordinal) { [host.Name] = host };
        Publish();
    }

    /// <summary>Removes a table. Not two at once.</summary>
    public void Remove(TableHost host)
    {
        lock (_removed)
        {
            _removed[host.Name] = host.Locked(replica => (replica.Numbers, host.JoinPlan.LastAttempt));
        }

        _hosts = _hosts.Where(other => other.Value != host).ToDictionary(StringComparer.Ordinal);
        Publish();
    }

    public IReplicatedTable<TKey, TRecord> Get<TKey, TRecord>(string name)
        where TKey : notnull
        where TRecord : class
    {
        var host = Find(name)
            ?? throw new KeyNotFoundException($"No table {name} on this silo; there are: {string.Join(", ", Names)}.");
        return host as IReplicatedTable<TKey, TRecord> ?? throw new ArgumentException(
            $"Table {name} is {host.Description}, not {typeof(TKey)} -> {typeof(TRecord)}.", nameof(name));
    }

    public IReplicatedBag<TKey, TRecord> GetBag<TKey, TRecord>(BagDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : notnull
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new ReplicatedBag<TKey, TRecord>(definition, Get<BagItem<TKey, TRecord>, BagMark>(definition.Table.Name));
    }

    private void Publish()
    {
        _ordered = [.. _hosts.Values.OrderBy(host => host.Name, StringComparer.Ordinal)];
        _carrier.Attach(_ordered);
    }

    private IOperationCodec<TKey, TRecord> CodecOf<TKey, TRecord>(TableDefinition<TKey, TRecord> definition)
        where TKey : notnull
        where TRecord : class
    {
        if (typeof(TRecord) == typeof(BagMark))
        {
            return (IOperationCodec<TKey, TRecord>)(object)new BagCodec<TKey>(_services.GetRequiredService<Serializer<TKey>>());
        }

        return new RecordCodec<TKey, TRecord>(definition.Codec ?? new OrleansCodec<TKey, TRecord>(
            _services.GetRequiredService<Serializer<TKey>>(), _services.GetRequiredService<Serializer<TRecord>>()));
    }

    TableHost ITableDefinitionVisitor<TableHost>.Visit<TKey, TRecord>(TableDefinition<TKey, TRecord> definition)
    {
        if (definition.Codec is null)
        {
            CheckTypes(definition);
        }

        var codec = CodecOf(definition);
        var isOwnEquality = ReferenceEquals(definition.Equality, EqualityComparer<TKey>.Default);
        var index = definition.PrefixIndexes.SingleOrDefault();
        var faults = new TableFaults(definition.Name, _logger);
        var schema = new TableSchema<TKey, TRecord>
        {
            Order = definition.Order,
            ShareKey = definition.ShareKey,
            Equality = isOwnEquality ? null : definition.Equality,
            Indexes = [.. definition.Indexes.Select(declared => declared.Accept(new IndexSchemas<TKey, TRecord>()))],
            PrefixIndex = index is null ? null : (index.PrefixType, index.HashOf),
            OnFault = faults.Report,
            Resolve = definition.Resolve,
            TimeToLive = definition.TimeToLive,
            OwnerOf = definition.OwnerOf,
            KeepWhenOwnerDies = definition.NodeDown == NodeDownRule.Keep,
        };
        var replica = new TableReplica<TKey, TRecord>(_self, schema, codec);
        var comparer = new Lazy<ReplicaComparer>(_services.GetRequiredService<ReplicaComparer>);
        return new ReplicatedTable<TKey, TRecord>(
            definition, replica, codec, _carrier, comparer, _options, _time, faults, _services, LeaderCallerOf);
    }

    // Not before it is needed: the services of the silo are not all there when its tables are made.
    private LeaderCaller LeaderCallerOf(TableHost host)
    {
        var services = _services.GetRequiredService<ReplicaServiceClient>();
        var desk = _services.GetRequiredService<LeaderDesk>();
        return new LeaderCaller(
            host,
            (leader, request) => leader == _self ? desk.TakeAsync(host, request) : services.Of(leader).Lead(request),
            _options,
            _time,
            _logger);
    }
}
