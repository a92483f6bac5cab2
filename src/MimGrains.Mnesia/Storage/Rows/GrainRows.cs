using System.Globalization;
using Orleans.Runtime;
using Orleans.Storage;

namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>
/// Rows in Orleans' ADO.NET grain storage: a row is the state of a grain that is never activated, its version the etag.
/// </summary>
/// <remarks>
/// A write is one call of the database. The storage's scripts are MimGrains' own: a version is 1 at first and one more with
/// each
/// write, and a row has a unique key.
/// </remarks>
internal sealed class GrainRows(IGrainStorage storage) : IRowStore
{
    private const string StateName = "mimgrains.fragment";

    private static readonly GrainType Type = GrainType.Create(StateName);

    public async Task<StoredRow?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var state = new GrainState<RowState>(new RowState());
        try
        {
            await storage.ReadStateAsync(StateName, IdOf(key), state, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw DatabaseFailure.Of(exception);
        }

        return state.RecordExists ? new StoredRow(state.State!.Content, VersionOf(state.ETag)) : null;
    }

    public async Task WriteAsync(
        string key, ReadOnlyMemory<byte> content, int expectedVersion, CancellationToken cancellationToken)
    {
        var state = StateOf(content, expectedVersion);
        try
        {
            await storage.WriteStateAsync(StateName, IdOf(key), state, cancellationToken);
        }
        catch (InconsistentStateException exception)
        {
            throw new RowConflictException($"Row {key} has not version {expectedVersion}.", exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw DatabaseFailure.Of(exception);
        }
    }

    // Without a version the storage reads the row first, and does nothing where there is none.
    public async Task<bool> DeleteAsync(string key, int likelyVersion, CancellationToken cancellationToken)
    {
        if (likelyVersion > 0 && await TryDeleteAsync(key, likelyVersion, cancellationToken))
        {
            return true;
        }

        while (true)
        {
            if (await ReadAsync(key, cancellationToken) is not { } row)
            {
                return false;
            }

            if (await TryDeleteAsync(key, row.Version, cancellationToken))
            {
                return true;
            }
        }
    }

    private async Task<bool> TryDeleteAsync(string key, int version, CancellationToken cancellationToken)
    {
        var state = StateOf(default, version);
        try
        {
            await storage.ClearStateAsync(StateName, IdOf(key), state, cancellationToken);
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw DatabaseFailure.Of(exception);
        }
    }

    private static GrainId IdOf(string key) => GrainId.Create(Type, key);

    private static GrainState<RowState> StateOf(ReadOnlyMemory<byte> content, int version) =>
        new(new RowState { Content = content })
        {
            ETag = version == 0 ? null : version.ToString(CultureInfo.InvariantCulture),
            RecordExists = version > 0,
        };

    private static int VersionOf(string? etag) => int.Parse(etag!, CultureInfo.InvariantCulture);
}
