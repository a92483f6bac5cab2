using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MimGrains.Clustering;
using MimGrains.Persistent;
using MimGrains.ProcessSupport;
using MimGrains.Tables;

namespace MimGrains.Hosting.Tests.Silos;

/// <summary>When a silo says that it is ready, while a persistent table loads as the test wants.</summary>
[Collection(SiloTestGroup.Name)]
public sealed class ReadinessTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly GatedTables _tables;
    private readonly IHost _host;

    public ReadinessTests()
    {
        var tables = DispatchProxy.Create<IPersistentTables, GatedTables>();
        _tables = (GatedTables)(object)tables;
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo => silo.UseMimGrains(options => Configurations.SetSqlite(options, _folder)));
        builder.Services.AddSingleton(tables);
        _host = builder.Build();
    }

    private IReadiness Readiness => _host.Services.GetRequiredService<IReadiness>();

    private (SiloState State, string Reason) Health => _host.Services.GetRequiredService<ISiloHealth>().Current;

    public Task InitializeAsync() => _host.StartAsync();

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_silo_is_ready_when_its_persistent_tables_are_loaded()
    {
        Assert.False(Readiness.IsReady);
        Assert.Equal(
            (SiloState.Starting, "persistent tables that are not loaded yet: late (the database is away)"), Health);
        var ready = Readiness.WaitAsync();
        Assert.False(ready.IsCompleted);

        _tables.Load();
        await ready.WaitAsync(Patience);
        Assert.True(Readiness.IsReady);
        Assert.Equal(SiloState.Ready, Health.State);
    }

    [Fact]
    public async Task A_table_that_is_created_later_does_not_make_a_silo_unready()
    {
        _tables.Load();
        await Readiness.WaitAsync().WaitAsync(Patience);
        _tables.IsLoaded = false;
        Assert.True(Readiness.IsReady);
        Assert.Equal(SiloState.Degraded, Health.State);
        Assert.Contains("late (the database is away)", Health.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_stopped_while_a_table_loads_tells_whoever_waits()
    {
        var ready = Readiness.WaitAsync();
        await _host.StopAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ready.WaitAsync(Patience));
        Assert.False(Readiness.IsReady);
    }

    [Fact]
    public async Task A_table_that_is_deleted_while_it_loads_is_not_waited_for()
    {
        _tables.Names = [];
        _tables.Fail(new PersistentTableUnavailableException(GatedTables.Late, "it was deleted"));
        await Readiness.WaitAsync().WaitAsync(Patience);
        Assert.Equal(SiloState.Ready, Health.State);
    }

    [Fact]
    public async Task A_table_that_another_silo_defines_differently_is_an_error()
    {
        _tables.Fail(new TableDefinitionMismatchException(GatedTables.Late, "here", "a set", "there", "a bag"));
        await Assert.ThrowsAsync<TableDefinitionMismatchException>(() => Readiness.WaitAsync().WaitAsync(Patience));
        Assert.Equal(SiloState.Starting, Health.State);
    }

    /// <summary>One table, whose load ends when the test says so.</summary>
    /// <remarks>Public and not sealed: its proxy is a class derived from it.</remarks>
    public class GatedTables : DispatchProxy
    {
        public const string Late = "late";

        private readonly TaskCompletionSource _load = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Names { get; set; } = [Late];

        public bool IsLoaded { get; set; }

        public void Load()
        {
            IsLoaded = true;
            _load.SetResult();
        }

        public void Fail(Exception reason) => _load.SetException(reason);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_Names" => Names,
            nameof(IPersistentTables.WaitForTablesAsync) => _load.Task.WaitAsync((CancellationToken)args![^1]!),
            nameof(IPersistentTables.GetInfo) => new PersistentTableInfo
            {
                Name = Late,
                Definition = "",
                KeyType = "",
                RecordType = "",
                Type = PersistentTableType.Set,
                Storage = StorageType.Disc,
                Fragments = 1,
                Version = 1,
                Indexes = [],
                IsLoaded = IsLoaded,
                Problem = IsLoaded ? null : "the database is away",
                Records = null,
                MemoryBytes = null,
                Silos = [],
            },
            _ => throw new NotSupportedException(targetMethod.Name),
        };
    }
}
