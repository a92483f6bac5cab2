using Microsoft.Extensions.DependencyInjection;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Tables;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Fragments;

/// <inheritdoc/>
internal sealed class FragmentLoader(FragmentCaller caller, IServiceProvider services, TimeProvider time) : IFragmentLoader
{
    private const int Attempts = 50;
    private static readonly TimeSpan AgainPause = TimeSpan.FromMilliseconds(100);

    public async Task LoadAsync(PersistentTableDefinition definition, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(FragmentsOf(definition).Select(fragment => caller.LoadAsync(fragment, cancellationToken)));
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new PersistentTableUnavailableException(
                definition.Name, $"one of its {definition.Fragments} fragments cannot be opened: {exception.Message}", exception);
        }
    }

    public Task ClearAsync(PersistentTableDefinition definition, CancellationToken cancellationToken) =>
        Task.WhenAll(FragmentsOf(definition).Select(fragment => ClearAsync(fragment, cancellationToken)));

    public async Task DropAsync(PersistentTableDefinition definition, CancellationToken cancellationToken)
    {
        await ClearAsync(definition, cancellationToken);
        await Task.WhenAll(FragmentsOf(definition).Select(caller.StopAsync)).WaitAsync(cancellationToken);
        if (services.GetRequiredService<TableStorages>().Find(definition.Name) is { HasRow: true } or { Effective: not StorageType.Ram })
        {
            await services.GetRequiredService<IFragmentLogFactory>().TableOf(definition.Name).RemoveAsync(cancellationToken);
        }
    }

    private static IEnumerable<FragmentId> FragmentsOf(PersistentTableDefinition definition) =>
        Enumerable.Range(0, definition.Fragments).Select(index => new FragmentId(definition.Name, index));

    // To clear twice does no harm: a fragment that has moved meanwhile is asked again.
    private async Task ClearAsync(FragmentId fragment, CancellationToken cancellationToken)
    {
        var problem = "";
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                var reply = await caller.AskAsync(fragment, new FragmentRequest
                {
                    Kind = FragmentRequestKind.Write,
                    Sender = caller.Self,
                    Writes = [new WireWrite(WriteKind.Clear, [], [])],
                    IsSync = true,
                }).WaitAsync(cancellationToken);
                if (reply.Kind == AnswerKind.Written)
                {
                    return;
                }

                problem = reply.Detail;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                problem = exception.Message;
            }

            await Task.Delay(AgainPause, time, cancellationToken);
        }

        throw new PersistentTableUnavailableException(fragment.Table, $"fragment {fragment.Index} cannot be cleared: {problem}");
    }
}
