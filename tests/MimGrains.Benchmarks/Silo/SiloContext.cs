using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MimGrains.ProcessSupport;
using MimGrains.Sessions;
using MimGrains.Tables;

namespace MimGrains.Benchmarks.Silo;

/// <summary>What an operation inside of a silo process works on.</summary>
/// <param name="Address">This silo, as <c>SiloAddress.ToParsableString()</c>.</param>
/// <param name="Services">The silo's services.</param>
internal sealed record SiloContext(string Address, IServiceProvider Services)
{
    private readonly Lazy<IReplicatedTable<SessionKey, SessionRecord>> _table = new(
        () => Services.GetRequiredService<ITableCatalog>().Get<SessionKey, SessionRecord>(SiloProgram.TableName));

    /// <summary>Returns the table of sessions, where they are kept in a replicated one.</summary>
    public IReplicatedTable<SessionKey, SessionRecord> Table => _table.Value;

    /// <summary>Returns the sessions, whatever they are kept in.</summary>
    public ISessionStore Sessions { get; } = Services.GetRequiredService<ISessionStore>();
}

/// <summary>Something that the harness asks a silo process to do.</summary>
internal interface ISiloOperation
{
    /// <summary>Returns the name in the protocol.</summary>
    string Name { get; }

    /// <summary>Does it and returns its result, which is written as JSON.</summary>
    Task<object?> RunAsync(
        SiloContext silo, JsonElement with, Action<string> progress, CancellationToken cancellationToken);
}

/// <summary>An operation with typed parameters and result.</summary>
internal abstract class SiloOperation<TParameters, TResult>(string name) : ISiloOperation
{
    public string Name => name;

    public async Task<object?> RunAsync(
        SiloContext silo, JsonElement with, Action<string> progress, CancellationToken cancellationToken)
    {
        var parameters = with.Deserialize<TParameters>(JsonLines.Options)
            ?? throw new ArgumentException($"Operation {Name} needs parameters.");
        return await RunAsync(silo, parameters, progress, cancellationToken);
    }

    protected abstract Task<TResult> RunAsync(
        SiloContext silo, TParameters with, Action<string> progress, CancellationToken cancellationToken);
}
