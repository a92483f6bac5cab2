using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MimGrains.Hosting;
using MimGrains.Mnesia.Storage;
using MimGrains.Persistent;
using MimGrains.TestSilo;

// --config FILE: starts, says that it is ready when all tables are loaded, and stops when its standard input closes.
if (args is not ["--config", var config])
{
    await Console.Error.WriteLineAsync("Expected --config FILE.");
    return 2;
}

var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Orleans", LogLevel.Warning).AddSimpleConsole(console =>
{
    console.SingleLine = true;
    console.TimestampFormat = "HH:mm:ss.fff ";
});
foreach (var table in Ledgers.All)
{
    builder.Services.AddPersistentTable(table);
}

// So small that logs go round and are compacted while faults happen.
builder.Services.Configure<FragmentStorageOptions>(options => (options.LogSlots, options.LogBytesBeforeCompaction) = (64, 64 * 1_024));
builder.UseOrleans(silo => silo.UseMimGrains(MimGrainsToml.Load(config)));
using var host = builder.Build();
await host.StartAsync();
await host.Services.GetRequiredService<IPersistentTables>().WaitForTablesAsync(timeout: TimeSpan.FromSeconds(60));
await Console.Out.WriteLineAsync("test-silo ready: all tables are loaded");
while (await Console.In.ReadLineAsync() is not null)
{
}

await host.StopAsync();
return 0;
