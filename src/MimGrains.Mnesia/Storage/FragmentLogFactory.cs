using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

/// <summary>Makes the logs of fragments over one row store, with one cache and one limit of calls for all of them.</summary>
internal sealed class FragmentLogFactory(
    IRowStore store, IOptions<FragmentStorageOptions> options, TimeProvider time, ILogger<FragmentLog> logger)
    : IFragmentLogFactory, IDisposable
{
    private readonly SemaphoreSlim _turns = new(options.Value.MaxConcurrentCalls);
    private readonly PageCache _cache = new(options.Value.PageCacheBytes);

    public IFragmentLog Create(FragmentName name) =>
        new FragmentLog(name, store, _turns, _cache, options.Value, time, logger);

    public TableRow TableOf(string name) =>
        new(name, new RowCaller(new FragmentName(name, "table", 0), store, _turns, options.Value, time));

    public void Dispose() => _turns.Dispose();
}
